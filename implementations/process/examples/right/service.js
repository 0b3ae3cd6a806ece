'use strict';
// What the four services have in common: how a message is handled, once and whole.
//
// A transaction is a function without an `await`: nothing can run, fail or die in the middle of it.

const ATTEMPTS = 3; // How often to ask again before the message is given back to the broker.

class Store { // All that outlives a crash.
  constructor() {
    this.rows = new Map();
    this.inbox = new Set();
    this.outbox = new Map();
  }
}

class Service {
  constructor(name, world, store) {
    Object.assign(this, { name, world, store });
  }

  row(order) { // An order that this service has not met yet is idle.
    return this.store.rows.get(order) ?? { order, status: 'idle' };
  }

  put(row) {
    this.store.rows.set(row.order, row);
    return row;
  }

  async handle(event) { // Raising, for whatever reason, gives the message back to the broker.
    if (typeof event.data !== 'object') throw new Error(`nobody can read ${event.id}`);
    const row = await this.commit(event, this.reactions[event.type]);
    if (row) await this.carryOn(event, row);
  }

  // One transaction. It returns the row with which to carry on outside of the database; where there
  // is nothing left to do, the message is marked as handled in the same transaction.
  async commit(event, decide, argument) {
    await this.world.checkpoint(`${this.name} commit`, { mayFail: true });
    if (this.store.inbox.has(event.id)) return null;
    const unfinished = decide.call(this, event, argument) ?? null;
    if (!unfinished) this.store.inbox.add(event.id);
    return unfinished;
  }

  emit(type, order, cause, data = {}) { // Its id says which fact it is, however often it is sent.
    const id = `${order}/${this.name}/${type}`;
    this.store.outbox.set(id, { id, type, order, cause: cause?.id ?? null, data: { order, ...data } });
  }

  async relay() { // Publish the message that has waited longest; it waits until it surely is out.
    const waiting = this.store.outbox.size;
    if (waiting) {
      const [message] = this.store.outbox.values();
      const { id, type, order, cause, data } = message;
      await this.world.publish(type, data, { id, subject: order, sagaid: order, causationid: cause });
      this.store.outbox.delete(id);
    }
    return waiting;
  }

  async ask(outside, key, request) { // Done or refused, never a guess: after a timeout, look it up.
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        return await request();
      } catch (error) {
        if (error.definite !== false) throw error;
        const answer = await outside.lookup(key);
        if (answer) return answer;
      }
    }
    throw new Error(`no answer to ${key} in ${ATTEMPTS} attempts`);
  }
}

function piecesOf(lines) { // Pieces per SKU: one SKU may stand on several lines.
  const pieces = new Map();
  for (const { sku, quantity } of lines) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity);
  return pieces;
}

module.exports = { Service, Store, piecesOf };
