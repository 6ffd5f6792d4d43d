import { z } from 'zod';
import { metrics, parseBound, parseMetric } from '../../metrics/metrics.ts';
import { choice, count, mapping, text } from './leaf.ts';

const setting = () => choice('text, a number or true/false', [z.string(), z.number(), z.boolean()]);
const path = 'a path such as producers.writer.rate';

const variations = () =>
  z.record(
    z.string(),
    z
      .array(z.unknown(), { error: 'a list of values' })
      .check(z.minLength(1, { error: 'at least one value' })),
    {
      error: `a mapping of paths (${path.slice(2)}) to lists of values`,
    },
  );

export const matrix = () => variations().describe('Every combination is a run of its own: path to values.');

export const sweep = () => variations().describe('One run a step, one result: path to values.');

const whileForm = 'a metric and a bound such as "ack.p99 <= 20ms"';

const condition = () =>
  z.string({ error: whileForm }).transform((given, context) => {
    const match = /^(\S+)\s*((?:<|>|=).*)$/.exec(given.trim());
    const metric = match ? parseMetric(match[1]!) : undefined;
    if (metric && 'name' in metric) {
      const bound = parseBound(match![2]!, metrics[metric.name].unit);
      if (bound) return { metric: match![1]!, bound: match![2]!, ...metric, ...bound };
    }
    context.issues.push({ code: 'custom', message: whileForm, input: given });
    return z.NEVER;
  });

export const search = () =>
  mapping({
    vary: text(path).describe('What to vary.'),
    from: setting().describe('Where to start.'),
    to: setting().describe('Where to stop.'),
    while: condition().describe('What must hold, such as "ack.p99 <= 20ms".'),
    confirm: count(1).describe('Times the found value must hold.').exactOptional(),
  }).describe('The highest rate that holds.');

export const trials = () =>
  count(1).describe('Repetitions, each with fresh clients and topics; 1 by default.').prefault(1);
