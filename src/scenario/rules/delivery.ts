import { type Metric, metrics } from '../../metrics/metrics.ts';
import { acksOf } from '../acks.ts';
import type { ProducerSpec } from '../schema.ts';
import type { Rule, RuleContext } from './rule.ts';

/** What the promise and the counts of the audit rest on. */
const basis = [['verify', 'audit'], ['producers']];

/** Why nothing will be known of delivery; null where it will be. */
function unchecked({ producers, verify }: RuleContext['scenario']): string | null {
  if (verify.audit === 'off') return 'verify.audit is off';
  if (producers.length === 0) return 'no producer sends anything';
  if (stamped(producers).length > 0) return null;
  return 'every producer has envelope: none, so that messages cannot be told apart';
}

const stamped = (producers: readonly ProducerSpec[]): ProducerSpec[] =>
  producers.filter(({ envelope }) => envelope !== 'none');

const namesOf = (producers: readonly ProducerSpec[]): string => producers.map(({ name }) => name).join(', ');

export const promiseIsChecked: Rule = ({ scenario, problem, warn }) => {
  const { delivery, producers } = scenario;
  if (delivery === undefined || delivery === 'none') return;
  const why = unchecked(scenario);
  if (why !== null) {
    const message = `expect.delivery ${delivery} cannot be checked: ${why}`;
    problem(['expect', 'delivery'], message, { at: 'key', involves: basis });
    return;
  }
  const others = producers.filter(({ envelope }) => envelope === 'none');
  if (others.length === 0) return;
  warn('unchecked-producer', `delivery is not checked for ${namesOf(others)}: envelope: none`);
};

/** librdkafka's property, or transactions, which bring it along. */
const isIdempotent = ({ client, transactions }: ProducerSpec): boolean =>
  transactions !== undefined || client['enable.idempotence'] === true;

export const clientsCanKeepPromise: Rule = ({ scenario: { delivery, producers }, problem }) => {
  if (delivery !== 'at-least-once' && delivery !== 'exactly-once') return;
  const say = (message: string): void =>
    problem(['expect', 'delivery'], `expect.delivery ${delivery}${message}`, { involves: [['producers']] });
  const acksNone = stamped(producers).filter(({ client }) => acksOf(client) === 0);
  if (acksNone.length > 0) say(`: acks=0 promises at-most-once (${namesOf(acksNone)})`);
  if (delivery !== 'exactly-once') return;
  const others = stamped(producers).filter((each) => !acksNone.includes(each) && !isIdempotent(each));
  if (others.length === 0) return;
  say(` needs enable.idempotence: true, else a retry may store a message twice (${namesOf(others)})`);
};

export const countsAreAudited: Rule = ({ scenario, problem, warn }) => {
  const gates = scenario.expect.filter(({ name, scope, window }) => {
    const { audited, sides }: Metric = metrics[name];
    return audited && window === null && (scope === null || sides.length > 0);
  });
  const why = unchecked(scenario);
  for (const { metric, name } of gates) {
    const reason = why ?? unmeasured(name, scenario);
    if (reason === null) continue;
    problem(['expect', metric], `${metric} is not counted: ${reason}`, {
      at: 'key',
      involves: [...basis, ['consumers']],
    });
  }
  if (gates.length === 0 || scenario.verify.audit !== 'tail') return;
  const names = gates.map(({ metric }) => metric).join(', ');
  warn('tail-only', `verify.audit: tail reads only the ends of partitions: ${names} cannot show the rest`);
};

/** What no run of this scenario can find, so that a gate would say nothing. */
function unmeasured(name: string, { producers, consumers }: RuleContext['scenario']): string | null {
  const acks = stamped(producers).map(({ client }) => acksOf(client));
  if (name === 'lost' && acks.every((each) => each === 0)) return 'acks=0 acknowledges nothing; use absent';
  if (name === 'absent' && acks.every((each) => each !== 0)) {
    return 'it is of messages at acks=0, and no producer has that; use lost';
  }
  if ((name === 'undelivered' || name === 'redelivered') && consumers.length === 0)
    return 'no consumer reads';
  return null;
}

export const orderIsChecked: Rule = ({ scenario, says, problem, warn }) => {
  const { order, audit } = scenario.verify;
  if (order === 'none' || !says(['verify', 'order'])) return;
  const say = (message: string): void => problem(['verify', 'order'], message, { involves: basis });
  if (audit === 'off') {
    say(`verify.order ${order} is checked by the audit, and verify.audit is off`);
    return;
  }
  const keyless = stamped(scenario.producers).filter(({ key }) => key.kind === 'none');
  if (order !== 'key' || keyless.length === 0) return;
  if (keyless.length === stamped(scenario.producers).length) {
    say('verify.order key: no producer sends keys; use order: partition, or give them a key');
  } else {
    warn('keyless', `verify.order: key says nothing of ${namesOf(keyless)}, where messages have no key`);
  }
};
