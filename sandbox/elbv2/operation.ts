/** What every operation gets and gives: the frame that the resource files fill. */
import type { Order } from '../shuffle.ts';
import type { CertificateView, Clock, NetworkView, ObjectView, Timings } from '../types.ts';
import type { Input } from './input.ts';
import type { Quotas } from './quotas.ts';
import type { Store } from './store.ts';
import type { XmlNode } from './xml.ts';

/** The surroundings of the server, the same for every call. */
export interface Server {
  readonly clock: Clock;
  readonly network: NetworkView;
  readonly certificates: CertificateView;
  readonly objects: ObjectView;
  readonly timings: Timings;
  readonly quotas: Quotas;
  /** Most items an answer without named objects holds. */
  readonly pageSize: number;
  /** How lists whose order AWS does not promise are put in order. */
  readonly order: Order;
  /** Tells listeners of the state again after `ms` of clock time: something becomes true by itself then. */
  wake(ms: number): void;
}

export interface Call {
  readonly input: Input;
  readonly store: Store;
  readonly server: Server;
}

export interface Operation {
  /** Parameters served; any other is refused instead of being ignored. */
  readonly params: readonly string[];
  /** Parameters that AWS has and this server does not serve (`UnsupportedInSandbox`). */
  readonly unserved?: readonly string[];
  readonly writes: boolean;
  run(call: Call): XmlNode;
}

export type Operations = Readonly<Record<string, Operation>>;
