import type { Rule } from './rule.ts';

export const commitFits: Rule = ({ scenario, says, problem }) => {
  for (const [i, { name, group, commit, client }] of scenario.consumers.entries()) {
    const path = ['consumers', i, 'commit'];
    if (!says(path)) continue;
    const property = ['consumers', i, 'client', 'enable.auto.commit'];
    const auto = client['enable.auto.commit'];
    const at = 'key';
    if (group === undefined && commit.kind !== 'none') {
      problem(path, `${name}: commit needs a group: offsets are committed for a group`, {
        at,
        involves: [['consumers', i, 'group']],
      });
    } else if (commit.kind !== 'auto' && String(auto) === 'true') {
      problem(
        property,
        `${name}: enable.auto.commit: true contradicts commit: ${commit.kind}; leave one out`,
        { at, involves: [path] },
      );
    } else if (commit.kind === 'auto' && String(auto) === 'false') {
      problem(property, `${name}: enable.auto.commit: false contradicts commit: auto; leave one out`, {
        at,
        involves: [path],
      });
    }
  }
};

export const topicsAreReadOnce: Rule = ({ scenario, problem }) => {
  for (const [i, { name, topics }] of scenario.consumers.entries()) {
    for (const [j, topic] of topics.entries()) {
      if (topics.indexOf(topic) < j)
        problem(['consumers', i, 'topics', j], `${name}: topic "${topic}" is listed twice`);
    }
    if (topics.length === 0) problem(['consumers', i, 'topics'], `${name}: topics is empty`, { at: 'key' });
  }
};
