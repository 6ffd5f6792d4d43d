import { expect, it } from 'vitest';
import { subjectOf } from './ab.ts';

const same = { otherScenario: false, otherCluster: false, otherBuild: false, asked: [] };

it.each([
  ['nothing', {}, []],
  ['a setting', { otherScenario: true }, ['scenario']],
  ['cluster.version', { otherScenario: true, otherCluster: true }, ['scenario', 'cluster', 'versions']],
  ['a second cluster', { otherCluster: true }, ['cluster', 'versions']],
  ['another checkout', { otherBuild: true }, ['versions']],
  ['--subject', { asked: ['machine', 'versions'], otherBuild: true }, ['versions', 'machine']],
] as const)('what %s makes different is the subject', (_, changed, subject) => {
  expect(subjectOf({ ...same, ...changed })).toEqual(subject);
});
