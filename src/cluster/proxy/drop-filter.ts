import type { Random } from '../../base/random.ts';
import type { Drop } from './fault.ts';
import { FrameFilter } from './frame-filter.ts';

/** https://kafka.apache.org/protocol#protocol_api_keys */
const produceKey = 0;

/** Responses waited for; acks=0 sends requests that never have one. More than librdkafka keeps in flight by default. */
const mostOutstanding = 100_000;

/** A drop and where its chance comes from; one for all connections of a broker. */
export interface DropRule {
  readonly drop: Drop;
  readonly random: Random;
}

export interface DropObserver {
  /** The rule as it stands at this moment. */
  readonly rule: () => DropRule | undefined;
  /** A whole request or response has been swallowed. */
  readonly dropped: (what: 'requests' | 'responses', reset: boolean) => void;
}

/**
 * Both directions of one connection. Frames are followed from its first byte, so that a drop may begin at any time;
 * which responses answer produce requests is remembered only while a drop asks for it.
 */
export class DropFilter {
  readonly requests: FrameFilter;
  readonly responses: FrameFilter;
  readonly #observer: DropObserver;
  /** Correlation ids of produce requests that were passed on and not answered yet, oldest first. */
  readonly #outstanding = new Set<number>();

  constructor(observer: DropObserver) {
    this.#observer = observer;
    this.requests = new FrameFilter('requests', {
      keep: ({ apiKey, correlationId }) => this.#keepRequest(apiKey === produceKey, correlationId),
      swallowed: () => this.#swallowed('requests'),
    });
    this.responses = new FrameFilter('responses', {
      keep: ({ correlationId }) => this.#keepResponse(correlationId),
      swallowed: () => this.#swallowed('responses'),
    });
  }

  #keepRequest(isProduce: boolean, correlationId: number | null): boolean {
    const rule = this.#observer.rule();
    if (!rule) return true;
    const { requests, responses } = rule.drop;
    if (applies(requests, isProduce) && drawn(rule)) return false;
    if (responses === 'produce' && isProduce && correlationId !== null) this.#remember(correlationId);
    return true;
  }

  #keepResponse(correlationId: number | null): boolean {
    const isProduce = correlationId !== null && this.#outstanding.delete(correlationId);
    const rule = this.#observer.rule();
    if (!rule) {
      this.#outstanding.clear();
      return true;
    }
    return !(applies(rule.drop.responses, isProduce) && drawn(rule));
  }

  #remember(correlationId: number): void {
    this.#outstanding.add(correlationId);
    if (this.#outstanding.size <= mostOutstanding) return;
    const [oldest] = this.#outstanding;
    this.#outstanding.delete(oldest!);
  }

  #swallowed(what: 'requests' | 'responses'): void {
    this.#observer.dropped(what, this.#observer.rule()?.drop.reset === true);
  }
}

function applies(what: 'produce' | 'all' | undefined, isProduce: boolean): boolean {
  return what === 'all' || (what === 'produce' && isProduce);
}

function drawn({ drop: { share = 1 }, random }: DropRule): boolean {
  return share >= 1 || random.float() < share;
}
