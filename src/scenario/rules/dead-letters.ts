import type { Rule } from './rule.ts';

/** An original must not be committed ahead of its dead letter. */
export const deadLettersComeFirst: Rule = ({ scenario, problem }) => {
  for (const [i, { name, commit, deadLetter }] of scenario.consumers.entries()) {
    if (!deadLetter || (commit.kind !== 'auto' && commit.kind !== 'before-processing')) continue;
    const why =
      commit.kind === 'auto'
        ? 'commit: auto (the default of a group) lets librdkafka commit what it handed out'
        : 'commit: before-processing commits first';
    problem(
      ['consumers', i, 'deadLetter'],
      `${name}: deadLetter needs commits that wait for it: ${why}, and an original would be gone if its dead letter cannot be written; say commit: each, { every: N } or { interval: 5s }`,
      { at: 'key', involves: [['consumers', i, 'commit']] },
    );
  }
};

/** Dead letters carry the envelopes of their originals: among other messages of the run they would be duplicates. */
export const deadLettersHaveTheirTopic: Rule = ({ scenario, problem }) => {
  for (const [i, { name, topics, deadLetter }] of scenario.consumers.entries()) {
    if (!deadLetter) continue;
    const { topic } = deadLetter;
    const path = ['consumers', i, 'deadLetter', 'topic'];
    if (topics.includes(topic)) {
      problem(path, `${name}: its dead letters would come back to it: it reads topic "${topic}" itself`);
      continue;
    }
    const producer = scenario.producers.findIndex((each) => each.topic === topic);
    if (producer < 0) continue;
    problem(
      path,
      `${name}: topic "${topic}" is written by producer ${scenario.producers[producer]!.name} too: dead letters need a topic of their own`,
      { involves: [['producers', producer, 'topic']] },
    );
  }
};

export const deadLettersCanHappen: Rule = ({ scenario, warn }) => {
  for (const { name, deadLetter, validate, processing } of scenario.consumers) {
    if (!deadLetter || validate || (processing?.failures ?? 0) > 0) continue;
    warn(
      'no-dead-letters',
      `${name}: deadLetter is never used: nothing fails without validate or processing.failures`,
    );
  }
};
