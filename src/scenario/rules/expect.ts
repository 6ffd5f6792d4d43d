import { isMeasured, metrics, parseWindow, type MetricName } from '../../metrics/metrics.ts';
import { nearest } from '../../base/nearest.ts';
import { formatDuration } from '../../base/units.ts';
import type { Expectation, ProducerSpec } from '../schema.ts';
import { acksOf } from '../acks.ts';
import { changingProducer } from '../even-load.ts';
import type { Rule, RuleContext } from './rule.ts';

export const expectationsAreMeasured: Rule = (context) => {
  for (const gate of context.scenario.expect) {
    if (!isMeasured(gate)) continue;
    if (!scopeIsKnown(context, gate)) continue;
    windowHoldsSeconds(context, gate);
    scopeIsTheTotal(context, gate);
    rateIsEven(context, gate);
    producersMeasureIt(context, gate);
    groupIsMeant(context, gate);
    lagIsCommitted(context, gate);
  }
};

const path = (gate: Pick<Expectation, 'metric'>) => ['expect', gate.metric];

function scopeIsKnown({ scenario, problem }: RuleContext, gate: Expectation): boolean {
  const { scope, name, metric } = gate;
  if (scope === null) return true;
  const producers = scenario.producers.map((each) => each.name);
  const consumers = scenario.consumers.map((each) => each.name);
  const sides: readonly string[] = metrics[name].sides;
  if (sides.length === 0) {
    const message = `${name} is of the whole run: leave "${scope}." out`;
    problem(path(gate), message, { at: 'key', nearest: name });
    return false;
  }
  const groups = scenario.consumers.flatMap(({ group }) => group ?? []);
  const fitting = [
    ...(sides.includes('producer') ? producers : []),
    ...(sides.includes('consumer') ? consumers : []),
    ...(sides.includes('group') ? groups : []),
  ];
  if (fitting.includes(scope)) return true;

  const involves = [['producers'], ['consumers']];
  const reader = scenario.consumers.find((each) => each.group === scope);
  const is = producers.includes(scope) ? 'a producer' : consumers.includes(scope) ? 'a consumer' : null;
  if (reader && is === null) {
    problem(path(gate), `"${scope}" is a group; ${name} is measured by consumer, here ${reader.name}`, {
      at: 'key',
      involves,
    });
  } else if (is !== null) {
    const side = is === 'a producer' ? 'consumers' : 'producers';
    problem(path(gate), `"${scope}" is ${is}; ${name} is measured on ${side}`, { at: 'key', involves });
  } else {
    const near = nearest(scope, fitting);
    const hint =
      near === undefined ? `; expected one of ${fitting.join(', ') || 'none'}` : `; did you mean "${near}"?`;
    const more = near === undefined ? {} : { nearest: metric.replace(scope, near) };
    problem(path(gate), `no producer or consumer is named "${scope}"${hint}`, {
      at: 'key',
      involves,
      ...more,
    });
  }
  return false;
}

/** A window is made of the seconds that a result keeps. */
function windowHoldsSeconds({ scenario, problem }: RuleContext, gate: Expectation): void {
  const window = gate.window === null ? undefined : parseWindow(gate.window);
  if (window === undefined || window.kind === 'phase') return;
  const isRange = window.kind === 'range';
  const { from, to } = isRange ? window : { from: window.at, to: window.at };
  const isWhole = from % 1e6 === 0 && to % 1e6 === 0;
  if (!isWhole || (isRange && from >= to)) {
    const text = isWhole
      ? `the window @${gate.window} ends before it begins`
      : `the window @${gate.window} must lie on whole seconds, such as ${isRange ? '20s..60s' : '30s'}`;
    problem(path(gate), text, { at: 'key' });
    return;
  }
  const { measure } = scenario.phases;
  const isTimed = scenario.producers.every(
    ({ messages, for: time }) => messages === undefined && time === undefined,
  );
  if (isTimed && to > measure) {
    const text = `the window @${gate.window} ends after the measured phase (${formatDuration(measure)})`;
    problem(path(gate), text, { at: 'key', involves: [['phases']] });
  }
}

const latencies: readonly MetricName[] = ['scheduleDelay', 'serviceAck', 'ack', 'endToEnd'];

/** Parts of the measured phase keep no latencies by name. */
function scopeIsTheTotal(
  { scenario, problem }: RuleContext,
  { scope, name, window, metric }: Expectation,
): void {
  if (scope === null || window === null || !latencies.includes(name)) return;
  const side = name === 'endToEnd' ? 'consumers' : 'producers';
  if (scenario[side].length === 1) return;
  const text = `${name} of a window is that of all ${side}: leave "${scope}." out`;
  const nearest = metric.slice(scope.length + 1);
  problem(path({ metric }), text, { at: 'key', involves: [[side]], nearest });
}

/** What follows a fault is compared with what was before it. */
function rateIsEven({ scenario, problem }: RuleContext, gate: Expectation): void {
  if (gate.name !== 'recovered' && gate.name !== 'drained') return;
  if (gate.name === 'drained' && gate.scope !== null) return;
  const changing = changingProducer(scenario);
  if (!changing) return;
  const text = `${gate.name} is told by comparing with what was before a fault, and the load of ${changing.name} changes`;
  problem(path(gate), text, { at: 'key', involves: [['producers']] });
}

/** What is told of a group alone cannot be told of one of the consumers in it. */
function groupIsMeant({ scenario: { consumers }, problem }: RuleContext, gate: Expectation): void {
  const { name, scope } = gate;
  if (name !== 'undelivered' || scope === null) return;
  const involves = [['consumers']];
  const consumer = consumers.find((each) => each.name === scope);
  const others = consumers.filter((each) => each !== consumer);
  if (consumer?.group !== undefined && others.some(({ group }) => group === consumer.group)) {
    const message = `${scope} shares the group "${consumer.group}", and ${name} is counted by group`;
    const nearest = `${consumer.group}.${name}`;
    problem(path(gate), `${message}: write ${nearest}`, { at: 'key', involves, nearest });
  } else if (consumer && others.some(({ group }) => group === scope)) {
    problem(path(gate), `"${scope}" is a consumer and another one's group: rename one of them`, {
      at: 'key',
      involves,
    });
  }
}

/** Lag is told by what a group has committed, which a cluster has to be asked for. */
function lagIsCommitted({ scenario, bootstrapGiven, problem }: RuleContext, gate: Expectation): void {
  if (gate.name !== 'lag') return;
  const involves = [['consumers'], ['cluster']];
  const say = (why: string): void =>
    problem(path(gate), `${gate.metric} is not measured: ${why}`, { at: 'key', involves });
  if (scenario.cluster.kind === 'mock' && !bootstrapGiven) {
    say('the mock cluster does not tell what groups have committed');
    return;
  }
  const asked = scenario.consumers.filter(
    ({ name, group }) => gate.scope === null || name === gate.scope || group === gate.scope,
  );
  if (asked.some(({ group, commit }) => group !== undefined && commit.kind !== 'none')) return;
  const grouped = asked.filter(({ group }) => group !== undefined);
  if (asked.length === 0) say('no consumer reads');
  else if (grouped.length === 0) say('lag is that of a consumer group, and there is none');
  else say(`${grouped.map(({ name }) => name).join(', ')}: commit: none leaves nothing to tell it by`);
}

/** Why a producer never has a sample of this metric; null where it has. */
function missing({ name, scope }: Expectation, producer: ProducerSpec): string | null {
  const acks = acksOf(producer.client);
  if (name === 'ack' && acks === 0) return 'acks=0 has no acknowledgement: use scheduleDelay or endToEnd';
  if ((name === 'ack' || name === 'scheduleDelay') && producer.rate === 'max') {
    return `rate: max has no schedule, so ${name} is not measured: use serviceAck`;
  }
  if (name === 'unavailable' && acks === 0)
    return 'acks=0 has no acknowledgement: when a partition was not written to is not known';
  if (name === 'acked' && acks === 0) return 'acks=0 has no acknowledgement: use sent';
  if (name === 'sent' && acks !== 0) return 'sent counts messages at acks=0: use acked';
  const isOldest = name === 'endToEnd' || (name === 'drained' && scope === null);
  if (isOldest && producer.envelope === 'none')
    return `envelope: none carries no due time, so ${name} is not measured`;
  return null;
}

/** A total is measured when at least one producer measures it, a scope when its producer does. */
function producersMeasureIt({ scenario, problem }: RuleContext, gate: Expectation): void {
  const reader = scenario.consumers.find(({ name }) => name === gate.scope);
  const asked = scenario.producers.filter(
    ({ name, topic }) => gate.scope === null || name === gate.scope || reader?.topics.includes(topic),
  );
  const reasons = asked.map((producer) => missing(gate, producer)).filter((each) => each !== null);
  const [first] = reasons;
  if (first !== undefined && reasons.length === asked.length) {
    problem(path(gate), first, { at: 'key', involves: [['producers']] });
  } else if ((gate.name === 'endToEnd' || gate.name === 'drained') && scenario.consumers.length === 0) {
    problem(path(gate), `${gate.name} needs a consumer`, { at: 'key', involves: [['consumers']] });
  }
}
