'use strict';
// The inventory service: reserves all of an order or nothing, and gives back what it has reserved.

const { Service, Store, piecesOf } = require('./service');

class InventoryStore extends Store {
  constructor(stock) {
    super();
    this.stock = new Map(Object.entries(stock));
  }
}

class InventoryService extends Service {
  reactions = { 'payment.processed': this.reserve, 'inventory.release.requested': this.release };

  reserve(event) {
    const row = this.row(event.subject);
    if (row.status !== 'idle') return; // Done before, or the release has overtaken us.
    const { lines } = event.data;
    const held = piecesOf(lines);
    const { stock } = this.store;
    if ([...held].every(([sku, quantity]) => (stock.get(sku) ?? 0) >= quantity)) {
      for (const [sku, quantity] of held) stock.set(sku, stock.get(sku) - quantity);
      this.put({ ...row, status: 'reserved', held });
      this.emit('inventory.reserved', row.order, event, { lines });
    } else {
      this.put({ ...row, status: 'rejected' });
      this.emit('inventory.reservation.failed', row.order, event, { reason: 'out of stock' });
      this.emit('payment.refund.requested', row.order, event);
    }
  }

  release(event) {
    const row = this.row(event.subject);
    if (row.status === 'reserved') {
      for (const [sku, quantity] of row.held) this.store.stock.set(sku, this.store.stock.get(sku) + quantity);
      this.put({ ...row, status: 'released', held: new Map() });
      this.emit('inventory.released', row.order, event);
    } else if (row.status === 'idle') {
      this.put({ ...row, status: 'refused' });
      this.emit('inventory.released', row.order, event);
    }
  }
}

module.exports = { InventoryService, InventoryStore };
