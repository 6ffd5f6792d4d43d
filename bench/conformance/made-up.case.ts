import type { DeliveryResult, FaultResult } from '../../src/results/schema.ts';
import type { Observed } from './observed.ts';
import type { RunLog } from './run-log.ts';

type Partition = FaultResult['partitions'][number];

/** A run that went as every row would have it; what a test says otherwise goes on top. */
export interface MadeUp {
  readonly outcome?: Observed['outcome'];
  readonly delivery?: Partial<DeliveryResult>;
  readonly faults?: readonly FaultResult[];
  readonly errors?: Observed['errors'];
  readonly intervals?: Observed['intervals'];
  readonly producers?: Observed['producers'];
  readonly log?: RunLog;
}

export function madeUp({ delivery = {}, ...rest }: MadeUp = {}): Observed {
  return {
    outcome: { state: 'completed' },
    faults: [fault('outage')],
    errors: [],
    intervals: { second: [], producers: {}, consumers: {} },
    producers: [],
    log: { acked: [], stored: [] },
    ...rest,
    delivery: { ...sound, ...delivery },
  };
}

const sound: DeliveryResult = {
  guarantee: 'exactly-once',
  order: 'partition',
  audit: 'full',
  verdict: 'PASS',
  reasons: [],
  attempted: 1000,
  acked: 1000,
  sent: 0,
  rejected: 0,
  indeterminate: 0,
  present: 1000,
  lost: 0,
  absent: 0,
  unaudited: 0,
  indeterminatePresent: 0,
  anomalies: {},
  foreign: 0,
  coverage: { partitions: 1, partitionsRead: 1, records: 1000, acked: 1000, tail: false },
  groups: [],
  stages: [],
  witnesses: [],
  evidence: null,
};

/** A planned fault that moved the leader of partition 0 and cost 8 s; times in seconds of the measured phase. */
export function fault(id: string, more: Partial<FaultResult> = {}, on: Partial<Partition> = {}): FaultResult {
  return {
    id,
    source: 'planned',
    action: 'kill',
    target: 'kafka1',
    resolved: ['kafka1'],
    planned: 5,
    started: 5,
    injected: 5,
    healing: 15,
    ended: 20,
    effective: true,
    observed: 'kafka1 stopped after 1 ms',
    notes: [],
    partitions: [
      {
        topic: 'orders',
        partition: 0,
        detected: 1000,
        unavailable: 8e6,
        leaders: [{ at: 6, from: 1, to: 2 }],
        isrShrunk: 6,
        isrFull: 21,
        ...on,
      },
    ],
    recovered: null,
    drained: null,
    watched: null,
    ...more,
  };
}

/** Messages 0, 1, … of one producer at consecutive offsets. */
export function messages(from: number, to: number, offset = from, epoch = 0) {
  return Array.from({ length: to - from }, (_, i) => {
    return { message: `0.0#${from + i}`, partition: '0/0', offset: offset + i, epoch };
  });
}
