import type { Micros } from '../../base/clock.ts';
import { header } from './layout.ts';
import { Shards, type LatencyGrowth } from './shards.ts';
import { TapFile } from './tap-file.ts';

/**
 * What the tap of one consumer has seen: how long this run's messages took to get here, and whether their checksums
 * hold. It looks at each message before JavaScript gets it, from `begin` on; it times none while `times` is false.
 */
export class ConsumerTap {
  readonly config: Readonly<Record<string, string>>;
  readonly #file: TapFile;
  readonly #shards: Shards;
  #times = true;

  /** @param library what compileTap() gave. @throws BenchError `setup` where its file cannot be made */
  constructor(library: string, run: number, now: Micros) {
    const identity = { role: 'consumer', run, producer: 0, incarnation: 0, carrier: 'header' } as const;
    this.#file = new TapFile(identity, now, 1);
    this.config = this.#file.config(library);
    this.#shards = new Shards(this.#file);
  }

  /** Whether a client that got `config` records here. */
  get attached(): boolean {
    return this.#file.attached;
  }

  begin(measureStart: Micros): void {
    this.#file.begin(measureStart);
  }

  /**
   * Whether a message that librdkafka gives out from now on is received by that. To be set while no call for messages
   * is under way.
   */
  get times(): boolean {
    return this.#times;
  }

  set times(times: boolean) {
    if (times === this.#times) return;
    this.#times = times;
    this.#file.writeNumber(header.untimed, times ? 0 : 1);
  }

  /** Messages of this run whose checksums fail, all that have been handed to JavaScript included. */
  get corrupt(): number {
    return this.#file.readNumber(header.corrupt);
  }

  /** `endToEnd` of messages that came since the last call. */
  latencies(): LatencyGrowth[] {
    this.#shards.look();
    return this.#shards.growth();
  }

  close(): void {
    this.#file.close();
  }
}
