import { expect, it } from 'vitest';
import { clusterRequest } from './cluster-request.ts';
import { scenarioOf } from './evidence.case.ts';

const scenario = scenarioOf(
  '{ cluster: { kind: local, brokers: 3, config: { a.b: 1 } }, producers: [{ name: w, topic: t }] }',
);

it('asks for what the scenario says', () => {
  expect(clusterRequest(scenario, {})).toMatchObject({
    kind: 'local',
    brokers: 3,
    bootstrap: undefined,
    config: { 'a.b': '1' },
  });
});

it('is overridden by a flag, and by a bootstrap above all', () => {
  expect(clusterRequest(scenario, { cluster: 'mock' }).kind).toBe('mock');
  expect(clusterRequest(scenario, { cluster: 'mock', bootstrap: 'h:1' })).toMatchObject({
    kind: 'external',
    bootstrap: 'h:1',
  });
});
