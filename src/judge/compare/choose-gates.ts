import type { Warning } from '../../base/errors.ts';
import { defaultGates, ratioMetric, type Gate, type RaisedGate } from './gates.ts';
import type { NoiseFloor } from './noise-floor.ts';
import { readSample, type Exclusion } from './reading.ts';
import type { Sample } from './sample.ts';
import { formatShare } from './verdict-text.ts';

export interface GateOptions {
  /** Instead of the default ones. */
  readonly gates?: readonly Gate[];
  /** How far two runs of the same lie apart here: no margin is smaller. */
  readonly noiseFloor?: NoiseFloor;
}

/**
 * What gates, with margins no smaller than the noise floor. A default gate that the base is too short for only
 * informs. The base alone decides: a candidate must not be able to lift a gate.
 */
export function chooseGates(
  base: readonly Sample[],
  { gates, noiseFloor }: GateOptions,
): { readonly gates: RaisedGate[]; readonly warnings: Warning[] } {
  const warnings: Warning[] = [];
  const chosen = gates ?? defaultGates(base).filter((gate) => isMeasurable(gate, base, warnings));
  return { gates: chosen.map((gate) => raised(gate, noiseFloor, warnings)), warnings };
}

function isMeasurable({ metric }: Gate, base: readonly Sample[], warnings: Warning[]): boolean {
  const parsed = ratioMetric(metric);
  const readings = base.map((sample) => readSample(parsed, sample, true));
  // A trial that is left out for a reason of its own does not say how long the others were.
  const telling = readings.filter((each) => !('excluded' in each) || isTooShort(each.excluded));
  const [first] = telling;
  if (!first || !('excluded' in first) || !telling.every((each) => 'excluded' in each)) return true;
  const { message } = first.excluded;
  warnings.push({ code: 'not-gated', message: `${metric} does not gate: ${message}` });
  return false;
}

const isTooShort = ({ code }: Exclusion): boolean => code === 'short-tail' || code === 'unmeasured';

function raised(gate: Gate, noiseFloor: NoiseFloor | undefined, warnings: Warning[]): RaisedGate {
  const floor = noiseFloor?.get(gate.metric) ?? 0;
  if (floor <= gate.margin) return { ...gate, asked: gate.margin };
  warnings.push({
    code: 'noise-floor',
    message: `the margin of ${gate.metric} is raised from ${formatShare(gate.margin)} to ${formatShare(floor)}: here two runs of the same differ by that much`,
  });
  return { ...gate, margin: floor, asked: gate.margin };
}
