import type { Warning } from '../../base/errors.ts';
import { nameOf, type Sample } from './sample.ts';

interface Sides {
  readonly paired: boolean;
  readonly base: readonly Sample[];
  readonly candidate: readonly Sample[];
  readonly all: { readonly base: readonly Sample[]; readonly candidate: readonly Sample[] };
}

/** What a reader of the verdict has to know beside it. */
export function doubts(sides: Sides, performanceGates: boolean): Warning[] {
  const { paired } = sides;
  const { base, candidate } = sides.all;
  const alone = base.length + candidate.length - sides.base.length - sides.candidate.length;
  const all = [...base, ...candidate];
  const isMock = all.some(({ run }) => run.cluster.kind === 'mock');
  const ids = new Set(base.map(({ run }) => run.runId));
  const both = candidate.find(({ run }) => ids.has(run.runId));
  return [
    ...(isMock
      ? [{ code: 'mock-cluster', message: 'measured against librdkafka’s mock: it says nothing about Kafka' }]
      : []),
    ...(both ? [{ code: 'same-run', message: `${nameOf(both)} stands on both sides` }] : []),
    ...(performanceGates && !paired
      ? [
          {
            code: 'not-interleaved',
            message:
              'the sides did not run in turn: whatever changed on the machine between them looks like a difference; ab runs them in blocks',
          },
        ]
      : []),
    ...(alone > 0
      ? [
          {
            code: 'incomplete-blocks',
            message: `${alone} of ${all.length} trials have no partner in their block and do not count for performance`,
          },
        ]
      : []),
    ...ofTrials(all),
  ];
}

/** Each doubt that trials have of themselves once, with how many have it. */
function ofTrials(samples: readonly Sample[]): Warning[] {
  const found = new Map<string, { message: string; trials: number }>();
  for (const { trial } of samples) {
    const warned = trial.validity.reasons.filter(({ severity }) => severity === 'warn');
    for (const code of new Set(warned.map((each) => each.code))) {
      const before = found.get(code);
      const message = before?.message ?? warned.find((each) => each.code === code)!.message;
      found.set(code, { message, trials: (before?.trials ?? 0) + 1 });
    }
  }
  return [...found].map(([code, { message, trials }]) => ({
    code,
    message: samples.length === 1 ? message : `${message} (${trials} of ${samples.length} trials)`,
  }));
}
