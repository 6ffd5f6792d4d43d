import { fromBeginning } from '../../base/auto-offset-reset.ts';
import { nearest } from '../../base/nearest.ts';
import type { Rule } from './rule.ts';

export const commitFits: Rule = ({ scenario, says, problem, warn }) => {
  for (const [i, { name, group, commit, client }] of scenario.consumers.entries()) {
    const path = ['consumers', i, 'commit'];
    if (group !== undefined && commit.kind === 'auto') {
      if (client['enable.auto.offset.store'] === false) {
        const message = `${name}: commit: auto (the default of a group) would commit nothing with enable.auto.offset.store: false; say commit: each, { every: N }, { interval: 5s } or none`;
        problem(['consumers', i, 'client', 'enable.auto.offset.store'], message, {
          at: 'key',
          involves: [path],
        });
      }
      if (client['auto.commit.interval.ms'] === 0) {
        const message = `${name}: auto.commit.interval.ms: 0 switches off what commit: auto does while it reads: offsets are committed when partitions are given back, and the lag of the group grows until then`;
        warn('no-periodic-commit', message);
      }
    }
    if (!says(path)) continue;
    const property = ['consumers', i, 'client', 'enable.auto.commit'];
    const auto = client['enable.auto.commit'];
    const at = 'key';
    if (group === undefined && commit.kind !== 'none') {
      problem(path, `${name}: commit needs a group: offsets are committed for a group`, {
        at,
        involves: [['consumers', i, 'group']],
      });
    } else if (commit.kind !== 'auto' && auto === true) {
      problem(
        property,
        `${name}: enable.auto.commit: true contradicts commit: ${commit.kind}; leave one out`,
        { at, involves: [path] },
      );
    } else if (commit.kind === 'auto' && auto === false) {
      problem(property, `${name}: enable.auto.commit: false contradicts commit: auto; leave one out`, {
        at,
        involves: [path],
      });
    }
  }
};

/** Who may still be asked to stop has to be there by then, and somebody has to be waited for who exists. */
export const startsComeTrue: Rule = ({ scenario, problem }) => {
  const others = [...scenario.producers, ...scenario.consumers].map(({ name }) => name);
  for (const [i, { name, start, stop = [] }] of scenario.consumers.entries()) {
    if (start === undefined) continue;
    const path = ['consumers', i, 'start'];
    const awaited = typeof start === 'number' ? undefined : start.stopped;
    if (awaited === name) problem([...path, 'stopped'], `${name} cannot wait for itself`);
    else if (awaited !== undefined && !others.includes(awaited)) {
      const nearby = nearest(awaited, others);
      problem([...path, 'stopped'], `no producer or consumer is named "${awaited}"`, {
        involves: [['producers'], ['consumers']],
        ...(nearby === undefined ? {} : { nearest: nearby }),
      });
    }
    for (const [j, { at }] of stop.entries()) {
      if (typeof start !== 'number' || typeof at !== 'number' || at > start) continue;
      problem(['consumers', i, 'stop', j, 'at'], `${name} is stopped before it starts`, { involves: [path] });
    }
  }
};

/** A group that comes late and reads from the end is not given what was sent before: nobody could say what it is owed. */
export const lateGroupsReadEverything: Rule = ({ scenario, problem }) => {
  const stamped = scenario.producers.filter(({ envelope }) => envelope !== 'none').map(({ topic }) => topic);
  if (scenario.verify.audit === 'off') return;
  for (const [i, { name, group, start, topics, client }] of scenario.consumers.entries()) {
    const members = scenario.consumers.filter((each) => each.group === group);
    const isLate =
      start !== undefined && (group === undefined || members.every((each) => each.start !== undefined));
    if (!isLate || !topics.some((topic) => stamped.includes(topic))) continue;
    const fresh = topics.every(
      (topic) => scenario.topics.find((each) => each.name === topic)?.reuse !== true,
    );
    const reset = client['auto.offset.reset'] ?? (fresh ? 'earliest' : 'latest');
    if (fromBeginning.includes(reset)) continue;
    problem(
      ['consumers', i, 'start'],
      `${name}: who joins later and reads from the end never gets what was sent before, and delivery could not be ` +
        'checked: use auto.offset.reset: earliest, or verify: { audit: off }',
      { at: 'key', involves: [['consumers', i, 'client'], ['topics'], ['verify']] },
    );
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
