import type { ClientProgress, ConsumerReport, ProducerReport, WorkerReport } from '../worker/protocol.ts';

/** What each client did: its report, or, where its worker never reported, what its last progress said. */
export interface ClientReports {
  readonly producers: readonly ProducerReport[];
  readonly consumers: readonly ConsumerReport[];
}

export function collectReports(
  reports: readonly WorkerReport[],
  unreported: readonly ClientProgress[],
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
function producerFrom(client: ClientProgress, acksNone: boolean): ProducerReport {
  const succeeded = client.settled - client.failed;
  return {
    side: 'producer',
    name: client.name,
    index: client.index,
    ackSource: acksNone ? 'socket-write' : client.tapped ? 'tap' : 'delivery-reports',
    warmup: noSends,
    measured: {
      ...noSends,
      attempted: client.attempted,
      acked: acksNone ? 0 : succeeded,
      sent: acksNone ? succeeded : 0,
      indeterminate: client.attempted - succeeded,
    },
    firstHandedOver: null,
    lastHandedOver: null,
    lastSettled: null,
    warmupSettled: null,
    firstDue: null,
    lastDue: null,
    errors: [],
    queueFull: 0,
  };
}

function consumerFrom(client: ClientProgress): ConsumerReport {
  return {
    side: 'consumer',
    name: client.name,
    index: client.index,
    receiveSource: client.tapped ? 'tap' : 'consume-callbacks',
    warmup: { received: 0, bytes: 0 },
    measured: { received: client.received, bytes: 0 },
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
    rebalances: [],
    errors: [],
  };
}
