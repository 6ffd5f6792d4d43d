import {
  noAnswer,
  type ClientProgress,
  type ConsumerReport,
  type ProducerReport,
  type WorkerReport,
} from '../../protocol/report.ts';

/** What each client did: its report, or, where its worker never reported, what its last progress said. */
export interface ClientReports {
  readonly producers: readonly ProducerReport[];
  readonly consumers: readonly ConsumerReport[];
}

/** The last that was heard of a client whose worker never reported. */
export interface UnreportedClient extends ClientProgress {
  /** The scenario says when it is killed: nobody was to wait for its answers. */
  readonly killedByPlan: boolean;
}

export function collectReports(
  reports: readonly WorkerReport[],
  unreported: readonly UnreportedClient[],
  acksNone: (producer: string) => boolean,
): ClientReports {
  const clients = reports.flatMap((report) => report.clients);
  return {
    producers: [
      ...clients.filter((client) => client.side === 'producer'),
      ...unreported
        .filter((client) => client.side === 'producer')
        .map((client) => producerFrom(client, acksNone(client.name))),
    ],
    consumers: [
      ...clients.filter((client) => client.side === 'consumer'),
      ...unreported.filter((client) => client.side === 'consumer').map(consumerFrom),
    ],
  };
}

const noSends = { attempted: 0, acked: 0, sent: 0, rejected: 0, indeterminate: 0, bytes: 0 };

// Of a worker that is gone only sums are known: what had no answer by then is indeterminate.
function producerFrom(client: UnreportedClient, acksNone: boolean): ProducerReport {
  const sends = ({ attempted, settled, failed }: ClientProgress['warmup']): ProducerReport['measured'] => {
    const succeeded = settled - failed;
    return {
      ...noSends,
      attempted,
      acked: acksNone ? 0 : succeeded,
      sent: acksNone ? succeeded : 0,
      indeterminate: attempted - succeeded,
    };
  };
  const { warmup } = client;
  const measured = {
    attempted: client.attempted - warmup.attempted,
    settled: client.settled - warmup.settled,
    failed: client.failed - warmup.failed,
    received: 0,
  };
  const phases = [
    { phase: 'warmup', of: warmup },
    { phase: 'measure', of: measured },
  ] as const;
  return {
    side: 'producer',
    name: client.name,
    index: client.index,
    ackSource: acksNone ? 'socket-write' : client.tapped ? 'tap' : 'delivery-reports',
    warmup: sends(warmup),
    measured: sends(measured),
    firstHandedOver: null,
    lastHandedOver: null,
    lastSettled: null,
    lastAcked: null,
    warmupSettled: null,
    firstDue: null,
    lastDue: null,
    errors: phases
      .map(({ phase, of }) => ({ code: noAnswer, phase, count: of.attempted - of.settled }))
      .filter(({ count }) => count > 0),
    refused: 0,
    unanswered: client.killedByPlan ? 0 : client.attempted - client.settled,
    fatal: null,
    queueFull: 0,
    queueFullTime: 0,
  };
}

function consumerFrom(client: ClientProgress): ConsumerReport {
  return {
    side: 'consumer',
    name: client.name,
    index: client.index,
    receiveSource: client.tapped ? 'tap' : 'consume-callbacks',
    warmup: { received: client.warmup.received, bytes: 0 },
    measured: { received: client.received - client.warmup.received, bytes: 0 },
    processed: client.received,
    foreign: client.foreign,
    corrupt: 0,
    invalid: 0,
    failed: 0,
    deadLettered: 0,
    unprocessed: [],
    firstMessage: null,
    firstReceived: null,
    lastReceived: null,
    endedBy: 'stop',
    fatal: null,
    rebalances: [],
    errors: [],
  };
}
