import type { Micros } from '../../base/clock.ts';
import { Cells, type SettledRun } from './cells.ts';
import { readEvents, type TapEvent } from './events.ts';
import { header, type Phase } from './layout.ts';
import { Shards, type LatencyGrowth } from './shards.ts';
import { TapFile, type TapIdentity } from './tap-file.ts';

/** A producer's histograms, in the order of their places. */
export const producerLatencies = ['serviceAck', 'ack'] as const;

/** Acknowledgements that fit nothing: a bug of ours wherever there is one. */
export interface Oddities {
  /** Without an envelope of this client. */
  readonly strange: number;
  /** Of a message that had not been announced. */
  readonly unplaced: number;
  /** Of a message that had been settled before. */
  readonly repeated: number;
}

/** What the tap of one producer has seen, for TypeScript: which messages are settled, how long they took. */
export class ProducerTap {
  readonly config: Readonly<Record<string, string>>;
  readonly #file: TapFile;
  readonly #cells: Cells;
  readonly #shards: Shards;
  #handedOver = 0;

  /** @param library what compileTap() gave. @throws BenchError `setup` where its file cannot be made */
  constructor(library: string, identity: Omit<TapIdentity, 'role'>, now: Micros) {
    this.#file = new TapFile({ ...identity, role: 'producer' }, now);
    this.config = this.#file.config(library);
    this.#cells = new Cells(this.#file);
    this.#shards = new Shards(this.#file);
  }

  /** Whether a client that got `config` records here. */
  get attached(): boolean {
    return this.#file.attached;
  }

  begin(measureStart: Micros): void {
    this.#file.begin(measureStart);
  }

  /** Before produce(). */
  prepare(sequence: number): void {
    this.#cells.prepare(sequence);
    this.#handedOver = sequence + 1;
  }

  /** produce() refused the message for good, whatever the interceptor saw of it. */
  drop(sequence: number): void {
    this.#cells.drop(sequence);
  }

  /** Tells each message once that has been settled since the last call. */
  collect(settled: SettledRun): void {
    this.#cells.collect(this.#handedOver, settled);
  }

  /** Latencies that came since the last call. */
  latencies(): LatencyGrowth[] {
    this.#shards.look();
    return this.#shards.growth();
  }

  /** Key and value bytes acknowledged up to the last `latencies()`. */
  bytes(phase: Phase): number {
    return this.#shards.count(phase, 'bytes');
  }

  /** Acknowledged without error up to the last `latencies()`. */
  get messages(): number {
    return this.#shards.count('warmup', 'messages') + this.#shards.count('measure', 'messages');
  }

  oddities(): Oddities {
    return {
      strange: this.#file.readNumber(header.strange),
      unplaced: this.#file.readNumber(header.unplaced),
      repeated: this.#file.readNumber(header.repeated),
    };
  }

  /** The last things out of the ordinary, failures among them. */
  events(): TapEvent[] {
    return readEvents(this.#file);
  }

  close(): void {
    this.#file.close();
  }
}
