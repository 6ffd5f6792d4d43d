import { codes, recordKinds, type EvidenceRecord } from '../../protocol/evidence/record.ts';
import { tellsOf } from '../../protocol/evidence/sequence-run.ts';
import type { Witness } from '../../protocol/evidence/findings.ts';

/**
 * When the messages of witnesses were acknowledged. Ledgers keep no times, eight bytes a message; a second look at the
 * producers' evidence finds the few that are asked for. A record tells the time of its last message: each was
 * acknowledged by then.
 */
export class AckTimes {
  readonly #witnesses: readonly Witness[];
  /** Sequences asked for and their times in µs, by client. */
  readonly #wanted = new Map<number, Map<number, number | null>>();

  constructor(witnesses: readonly Witness[]) {
    this.#witnesses = witnesses;
    for (const { acked, producer, incarnation, sequence } of witnesses) {
      if (acked === undefined) continue;
      const client = clientKey(producer!, incarnation!);
      const sequences = this.#wanted.get(client) ?? new Map<number, number | null>();
      this.#wanted.set(client, sequences.set(sequence!, null));
    }
  }

  /** Any record of evidence; only acknowledgements matter. */
  apply(record: EvidenceRecord): void {
    const { kind, code, time, client, part } = record;
    if (kind !== recordKinds.sends || code !== codes.sends.confirmed) return;
    const sequences = this.#wanted.get(clientKey(client, part));
    if (sequences === undefined) return;
    for (const wanted of sequences.keys()) {
      if (tellsOf(record, wanted)) sequences.set(wanted, time / 1000);
    }
  }

  /** The witnesses with the times that were found. */
  complete(): Witness[] {
    return this.#witnesses.map((witness) => {
      const { acked, producer, incarnation, sequence } = witness;
      if (acked === undefined) return witness;
      const at = this.#wanted.get(clientKey(producer!, incarnation!))?.get(sequence!) ?? null;
      return { ...witness, acked: { ...acked, at } };
    });
  }
}

const clientKey = (producer: number, incarnation: number): number => producer * 65_536 + incarnation;
