import { describe, expect, it } from 'vitest';
import { parseScenario } from '../scenario/load.ts';
import { checkConsumerProtocol } from './consumer-protocol.ts';

const check = (group: string, answer: Promise<boolean>) => {
  const { scenario } = parseScenario(
    `producers: [{ name: w, topic: t }]\nconsumers: [{ name: r, topic: t, ${group} }]`,
    { file: 'x.yaml', env: {}, readFile: () => '' },
  );
  const admin = { hasConsumerProtocol: () => answer } as never;
  return checkConsumerProtocol(scenario, { admin, version: '3.9.2' });
};

const nextGeneration = 'group: g, client: { group.protocol: consumer }';

describe('groups of KIP-848', () => {
  it('are refused on brokers that have none', async () => {
    await expect(check(nextGeneration, Promise.resolve(false))).rejects.toMatchObject({
      code: 'scenario',
      message: 'r: group.protocol: consumer needs brokers from Kafka 4.0 on, and these have Kafka 3.9.2',
    });
  });

  it('are left to the run where brokers have them or do not say', async () => {
    await check(nextGeneration, Promise.resolve(true));
    await check(nextGeneration, Promise.reject(new Error('nobody answers')));
  });

  it('are not asked for where nobody is in one', async () => {
    const asked = Promise.resolve(false);
    await check('group: g', asked);
    await check('client: { group.protocol: consumer }', asked);
  });
});
