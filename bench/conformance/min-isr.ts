import type { Check } from './check.ts';
import { condition, never, shown } from './claims.ts';
import { faultOf, type Observed } from './observed.ts';

/** Acknowledgements that had been given before may reach JavaScript so much later on a busy machine, seconds. */
const onTheWay = 0.5;

/** While two of three brokers are down, and after. */
export function minIsrChecks(observed: Observed): Check[] {
  const both = [faultOf(observed, 'first'), faultOf(observed, 'second')];
  const from = Math.max(...both.map(({ injected }) => injected ?? Infinity));
  const to = Math.min(...both.map(({ healing }) => healing ?? Infinity));
  const seconds = to - from;
  if (!(seconds >= 2)) return [condition(false, 'two brokers were not down at once for 2 s')];
  const acked = ackedWithin(observed, Math.ceil(from + onTheWay), Math.floor(to));
  const silent = faultOf(observed, 'second').partitions.every(
    ({ unavailable }) => (unavailable ?? 0) / 1e6 >= seconds - onTheWay,
  );
  const refused = refusals(observed, 'impatient');
  const quietly = refusals(observed, 'patient') === 0;
  const patient = observed.producers.find(({ name }) => name === 'patient');
  // Two in sync are enough: service may be back before both faults are over.
  const returned = ackedWithin(observed, Math.ceil(to), Infinity);
  const all = patient !== undefined && patient.acked === patient.attempted;
  return [
    condition(true, `two down for ${seconds.toFixed(1)} s`),
    never(acked === 0, `acked meanwhile ${acked}`),
    never(silent, silent ? '' : 'a partition was silent for less than that'),
    shown(refused >= 1, `NOT_ENOUGH_REPLICAS ${refused} (impatient)`),
    shown(
      quietly && all,
      quietly && all ? 'patient retried silently, all acked' : 'the patient client gave up',
    ),
    shown(returned >= 1, returned >= 1 ? '' : 'service did not return'),
  ];
}

function refusals({ errors }: Observed, producer: string): number {
  return errors
    .filter(({ scope, code }) => scope === producer && code.startsWith('NOT_ENOUGH_REPLICAS'))
    .reduce((sum, { count }) => sum + count, 0);
}

/** In whole seconds of the measured phase from `from` up to `to`, over all producers. */
function ackedWithin({ intervals: { second, producers } }: Observed, from: number, to: number): number {
  return Object.values(producers).reduce((total, { settled = [] }) => {
    const within = settled.filter((_, i) => second[i]! >= from && second[i]! < to);
    return within.reduce<number>((sum, each) => sum + (each ?? 0), total);
  }, 0);
}
