import type { Check } from './check.ts';
import {
  anomaly,
  audited,
  condition,
  count,
  effective,
  leaderMoved,
  noAnomaly,
  noneBut,
  nothingLost,
  shown,
  unavailable,
  unavailableFor,
  undisturbed,
  verdictPasses,
} from './claims.ts';
import { lostRanges } from './lost-suffix.ts';
import { minIsrChecks } from './min-isr.ts';
import type { Observed } from './observed.ts';
import { epochRises } from './unclean.ts';

/** One scenario (rows/<name>.yaml) with the outcome that theory predicts. */
export interface Row {
  readonly name: string;
  readonly predicted: string;
  /** Why theory says so. */
  readonly because: string;
  /** What would make it FAIL. */
  readonly fails: string;
  readonly checks: (observed: Observed) => readonly Check[];
}

/** Planned faults seen at work, no others, and the whole log read. */
const soundRun = (observed: Observed): Check[] => [
  audited(observed),
  ...effective(observed),
  undisturbed(observed),
];

/** Seconds: retry.backoff.ms, the least that a client waits who has met a former leader. Batches come every 20 ms. */
const felt = 0.1;

/** acks=all, three replicas of which two must be in sync, idempotent. */
function sound(name: string, because: string, atLeastSeconds: number): Row {
  return {
    name,
    predicted: `lost 0, duplicates 0, unavailable ${atLeastSeconds > 0 ? `>= ${atLeastSeconds} s` : '> 0'}`,
    because,
    fails: 'a lost, doubled or reordered message; a run whose own verdict is FAIL or HANG',
    checks: (observed) => [
      ...soundRun(observed),
      leaderMoved(observed, 'outage'),
      nothingLost(observed),
      noAnomaly(observed, 'duplicate'),
      noneBut(observed, ['duplicate']),
      ...verdictPasses(observed),
      unavailable(observed, felt),
      ...(atLeastSeconds > 0 ? [unavailableFor(observed, atLeastSeconds)] : []),
    ],
  };
}

export const rows: readonly Row[] = [
  sound('stop', 'leaders move before the broker ends; retries carry sequence numbers', 0),
  sound('kill', 'any elected leader has all that two brokers acknowledged; the session is 9 s', 5),
  sound('pause', 'a former leader that wakes up cannot have its writes acknowledged by two brokers', 5),
  sound('rolling', 'one broker down at a time leaves two in sync', 0),
  {
    name: 'acks1',
    predicted: 'lost >= 1: the end of the old leader’s log',
    because: 'the leader acknowledges what no follower has, and dies before the cluster notices',
    fails:
      'nothing lost although the follower leads; losses that are not a suffix, or unnamed; any other anomaly',
    checks: (observed) => [
      ...soundRun(observed),
      leaderMoved(observed, 'crash'),
      count('lost', observed.delivery.lost),
      ...lostSuffix(observed),
      noneBut(observed, []),
    ],
  },
  {
    name: 'acks0',
    predicted: 'sent but absent >= 1',
    because: 'the client never hears that what it sent died with the leader',
    fails: 'nothing absent although the follower leads; any anomaly; anything counted as acked',
    checks: (observed) => [
      ...soundRun(observed),
      leaderMoved(observed, 'crash'),
      count('absent', observed.delivery.absent),
      shown(observed.delivery.acked === 0, observed.delivery.acked === 0 ? '' : 'acked at acks=0'),
      nothingLost(observed),
      noneBut(observed, []),
    ],
  },
  {
    name: 'swallowed-responses',
    predicted: 'duplicates >= 1, lost 0',
    because: 'what was stored and never answered is sent again',
    fails: 'no duplicate although answers to stored batches were swallowed; a loss; any other anomaly',
    checks: (observed) => [
      ...soundRun(observed),
      unavailable(observed, 1),
      anomaly(observed, 'duplicate'),
      nothingLost(observed),
      noneBut(observed, ['duplicate']),
    ],
  },
  {
    name: 'swallowed-responses-idempotent',
    predicted: 'duplicates 0, lost 0',
    because: 'the broker knows sequence numbers that it has seen',
    fails: 'a duplicate, a loss, any other anomaly',
    checks: (observed) => [
      ...soundRun(observed),
      unavailable(observed, 1),
      noAnomaly(observed, 'duplicate'),
      nothingLost(observed),
      noneBut(observed, ['duplicate']),
      ...verdictPasses(observed),
    ],
  },
  {
    name: 'min-isr',
    predicted: 'nothing acked while two are down, NOT_ENOUGH_REPLICAS, lost 0, service returns',
    because: 'the one that is left may not acknowledge alone, and says so',
    fails:
      'an acknowledgement between the second stop and the first start; no refusal by name; a loss; no service after',
    checks: (observed) => [
      ...soundRun(observed),
      ...minIsrChecks(observed),
      nothingLost(observed),
      // NOT_ENOUGH_REPLICAS_AFTER_APPEND: stored, refused and sent again, by the client without idempotence.
      noneBut(observed, ['duplicate']),
    ],
  },
  {
    name: 'delivery-timeout',
    predicted: 'indeterminate >= 1, lost 0',
    because: 'a client that gives up does not know what became of the message',
    fails: 'no message given up; one that was given up called lost; any other anomaly',
    checks: (observed) => [
      ...soundRun(observed),
      unavailable(observed, 2),
      count('indeterminate', observed.delivery.indeterminate),
      timedOut(observed),
      nothingLost(observed),
      noneBut(observed, ['duplicate']),
    ],
  },
  {
    name: 'unclean',
    predicted: 'lost >= 1, leader epoch rises',
    because: 'the only broker that had them lost its disk, and another may lead out of sync',
    fails: 'nothing lost although the disk was emptied; an epoch that stays; any other anomaly',
    checks: (observed) => [
      ...soundRun(observed),
      shrunkToLeader(observed),
      count('lost', observed.delivery.lost),
      epochRises(observed),
      noneBut(observed, ['duplicate']),
    ],
  },
  {
    name: 'many-in-flight',
    predicted: 'reorder >= 1, lost 0',
    because: 'later batches are stored before the one that is sent again',
    fails: 'order kept although requests were swallowed; a loss; an anomaly other than duplicates',
    checks: (observed) => [
      ...soundRun(observed),
      anomaly(observed, 'reorder'),
      nothingLost(observed),
      noneBut(observed, ['reorder', 'duplicate']),
    ],
  },
  {
    name: 'one-in-flight',
    predicted: 'reorder 0, lost 0',
    because: 'nothing is sent behind a request that waits for its answer',
    fails: 'a message out of order; a loss; an anomaly other than duplicates',
    checks: (observed) => [
      ...soundRun(observed),
      // The swallowed request blocks the line until it times out: that it was sent again shows in the gap.
      unavailable(observed, 0.9),
      noAnomaly(observed, 'reorder'),
      nothingLost(observed),
      noneBut(observed, ['reorder', 'duplicate']),
    ],
  },
];

function lostSuffix({ log, delivery }: Observed): Check[] {
  const ranges = lostRanges(log);
  const told = ranges.reduce((sum, { messages }) => sum + messages, 0);
  const named = delivery.witnesses.filter(({ kind, acked }) => kind === 'lost' && acked !== undefined).length;
  return [
    ...ranges.map(({ from, to, against }) =>
      shown(
        against === null,
        `${against === null ? 'the suffix' : 'not a suffix:'} @${from}–${to}${against === null ? '' : `: ${against}`}`,
      ),
    ),
    shown(told === delivery.lost, told === delivery.lost ? '' : `evidence has ${told} lost ones`),
    shown(named > 0, named > 0 ? '' : 'none is named'),
  ];
}

function timedOut({ errors }: Observed): Check {
  const found = errors.find(({ code }) => code === '_MSG_TIMED_OUT');
  return shown(found !== undefined, found ? `_MSG_TIMED_OUT ${found.count}` : 'no _MSG_TIMED_OUT');
}

function shrunkToLeader({ faults }: Observed): Check {
  const shrunk = faults.some(
    ({ id, partitions }) => id === 'alone' && partitions.some(({ isrShrunk }) => isrShrunk !== null),
  );
  return condition(shrunk, shrunk ? '' : 'the in-sync set did not shrink');
}
