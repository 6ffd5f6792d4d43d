/** What a delivery check can find; docs/delivery.md defines each and names its source. */
export const anomalyKinds = [
  'lost',
  'duplicate',
  'reorder',
  'key-reorder',
  'corrupt',
  'phantom',
  'rejected-present',
  'aborted-read',
  'torn-transaction',
  'inconsistent-offset',
  'double-outcome',
  'delivery-loss',
  'unread',
  'unattributed',
  'stray-dead-letter',
  'redelivery',
  'committed-redelivery',
  'commit-regression',
  'offset-regression',
  'epoch-regression',
  'hang',
  'unaudited',
  'sent-unaudited',
  'unseen',
] as const;
export type AnomalyKind = (typeof anomalyKinds)[number];

export type Guarantee = 'at-most-once' | 'at-least-once' | 'exactly-once' | 'none';
export type OrderCheck = 'partition' | 'key' | 'none';

/** What an anomaly does to the verdict. */
export type Effect = 'allowed' | 'FAIL' | 'HANG' | 'UNKNOWN';

const always = (effect: Effect) => ({
  'at-most-once': effect,
  'at-least-once': effect,
  'exactly-once': effect,
});

/** One row an anomaly, one column a guarantee. Order is asked for apart from the guarantee. */
const effects: Readonly<
  Record<
    Exclude<AnomalyKind, 'reorder' | 'key-reorder'>,
    Readonly<Record<Exclude<Guarantee, 'none'>, Effect>>
  >
> = {
  lost: { 'at-most-once': 'allowed', 'at-least-once': 'FAIL', 'exactly-once': 'FAIL' },
  duplicate: { 'at-most-once': 'FAIL', 'at-least-once': 'allowed', 'exactly-once': 'FAIL' },
  'delivery-loss': { 'at-most-once': 'allowed', 'at-least-once': 'FAIL', 'exactly-once': 'FAIL' },
  // Exactly once is a promise about the log: a group that processes before it commits may see a record twice.
  redelivery: { 'at-most-once': 'FAIL', 'at-least-once': 'allowed', 'exactly-once': 'allowed' },
  'committed-redelivery': always('FAIL'),
  'stray-dead-letter': always('FAIL'),
  corrupt: always('FAIL'),
  phantom: always('FAIL'),
  'rejected-present': always('FAIL'),
  'aborted-read': always('FAIL'),
  'torn-transaction': { 'at-most-once': 'allowed', 'at-least-once': 'FAIL', 'exactly-once': 'FAIL' },
  'inconsistent-offset': always('FAIL'),
  'double-outcome': always('FAIL'),
  'commit-regression': always('FAIL'),
  'offset-regression': always('FAIL'),
  'epoch-regression': always('FAIL'),
  hang: always('HANG'),
  unread: always('UNKNOWN'),
  unattributed: always('UNKNOWN'),
  unaudited: always('UNKNOWN'),
  'sent-unaudited': always('UNKNOWN'),
  unseen: always('UNKNOWN'),
};

/** What finding `kind` means under a guarantee and an order; `allowed` throughout where nothing is guaranteed. */
export function effectOf(kind: AnomalyKind, guarantee: Guarantee, order: OrderCheck): Effect {
  if (guarantee === 'none') return 'allowed';
  if (kind === 'reorder') return order === 'partition' ? 'FAIL' : 'allowed';
  if (kind === 'key-reorder') return order === 'key' ? 'FAIL' : 'allowed';
  return effects[kind][guarantee];
}
