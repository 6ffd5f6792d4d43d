import type { ErrorCode } from '../../base/errors.ts';
import type { ProxyFault, ProxyFaultKind } from './fault.ts';
import type { ProxyOptions } from './proxy.ts';
import type { BrokerTraffic } from './traffic.ts';

/** What the coordinator asks of the proxy's process; each is answered once, under its number. */
export type ProxyRequest =
  | { readonly type: 'listen'; readonly options: ProxyOptions }
  | { readonly type: 'set'; readonly broker: string; readonly fault: ProxyFault }
  | { readonly type: 'clear'; readonly broker: string; readonly kind?: ProxyFaultKind | undefined }
  | { readonly type: 'stats' };

export interface ToProxy {
  readonly number: number;
  readonly request: ProxyRequest;
}

export type FromProxy =
  | { readonly type: 'done'; readonly number: number; readonly stats: readonly BrokerTraffic[] }
  | {
      readonly type: 'failed';
      readonly number: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string | undefined;
    };
