// Types of saga.js, for TypeScript: copy it along. docs/targets.md says what everything means.

export interface Answer { status: 'done' | 'refused'; id?: string | null; reason?: string | null }
export interface OrderLine { sku: string; quantity: number; unit_price: number }
export interface Order { id: string; customer: string; currency: string; lines: OrderLine[]; total: number }
/** A CloudEvent. `data` is a text in a message that nobody can read: throw then. */
export interface Event {
  id: string; type: string; source: string; subject: string; time: number; data: any;
  sagaid: string; causationid: string | null;
}
export interface Key { key?: string }
export interface Told extends Key { notify?: string }
export interface Attributes { id?: string; subject?: string; sagaid?: string; causationid?: string | null }

/** A failed port call. `definite`: nothing was done; else it may have been: look it up. */
export interface PortError extends Error {
  name: 'ConnectionError' | 'TimeoutError' | 'ValueError';
  kind: 'transient' | 'unknown' | 'invalid';
  definite: boolean;
}

export interface World {
  stock: Record<string, number>;
  prices: Record<string, number>;
  /** A folder of the process's own: empty when a run begins, kept in a crash. */
  state: string;
  /** Where a target file names one. */
  participant: string | null;
  clock(): number;
  newId(): string;
  publish(type: string, data: unknown, attributes?: Attributes): Promise<void>;
  answer(step: string, order: string): Promise<Answer>;
  timer(delay: number, type: string, data: unknown): Promise<void>;
  acknowledge(): Promise<void>;
  checkpoint(name: string, options?: { mayFail?: boolean }): Promise<void>;
  done(name: string): Promise<void>;
  payments: {
    authorise(order: string, amount: number, currency: string, more?: Told): Promise<Answer>;
    capture(order: string, amount: number, currency: string, more?: Told): Promise<Answer>;
    charge(order: string, amount: number, currency: string, more?: Told): Promise<Answer>;
    refund(charge: string, amount: number, more?: Told): Promise<Answer>;
    void(charge: string, more?: Key): Promise<Answer>;
    lookup(key: string): Promise<Answer | null>;
    find(order: string): Promise<Record<string, unknown>[]>;
  };
  carrier: {
    createShipment(order: string, lines: unknown[], more?: Key): Promise<Answer>;
    cancel(shipment: string, more?: Key): Promise<Answer>;
    lookup(key: string): Promise<Answer | null>;
  };
  warehouse: {
    reserve(order: string, sku: string, quantity: number, more?: Key): Promise<Answer>;
    release(order: string, sku: string, quantity: number, more?: Key): Promise<Answer>;
    available(sku: string): Promise<number>;
  };
}

export type Status = 'open' | 'confirmed' | 'failed';
export interface Snapshot {
  orders: Record<string, Status>;
  stock: Record<string, number>;
  reservations?: { order: string; sku: string; quantity: number }[];
  payments?: { id: string; order: string; amount: number; status: 'pending' | 'charged' | 'refunded' | 'failed' }[];
  shipments?: { id: string; order: string; status: 'requested' | 'shipped' | 'cancelled' }[];
  outbox?: Record<string, number>;
}
export interface Consumer {
  acknowledge?: 'after' | 'before';
  on_error?: 'requeue' | 'reject' | 'acknowledge';
  attempts?: number;
  parallel?: number;
  relays?: number;
}
type Maybe<T> = T | Promise<T>;
type Nothing = null | undefined | void;

export interface Target {
  subscriptions: Record<string, string[]>;
  placeOrder(order: Order): Maybe<'refused' | Nothing>;
  handle(participant: string, event: Event): Maybe<'ack' | 'requeue' | 'reject' | 'unacked' | Nothing>;
  observe(): Maybe<Snapshot>;
  cancelOrder?(order: string): Maybe<'refused' | Nothing>;
  relay?(participant: string): Maybe<number>;
  restart?(participant: string): void;
  actions?(): Maybe<string[]>;
  act?(name: string, order: string): Maybe<Nothing>;
  queues?(participant: string, type: string): Maybe<string>;
  refuses?(order: Order): boolean;
  close?(): Maybe<Nothing>;
  roles?: Record<string, string>;
  consumers?: Record<string, Consumer>;
  delivery?: 'exactly-once-fifo' | 'at-least-once-fifo' | 'at-least-once-per-order-fifo' | 'at-least-once-unordered';
  limits?: Record<string, number>;
  currencies?: string[];
  terminal?: Record<string, 'confirmed' | 'failed'>;
  idempotentPlace?: boolean;
}

/** Talk to the kit for as long as it is there. `reset: false`: every run needs a new process. */
export function serve(make: (world: World) => Target, options?: { reset?: boolean }): void;
