'use strict';
// The order service: opens the saga and, alone, ends it.

const { Service } = require('./service');

class OrderService extends Service {
  reactions = {
    'shipment.created': this.shipped,
    'payment.failed': (event) => this.fail(event, { ...this.row(event.subject), reason: event.data.reason }),
    'payment.refunded': (event) => this.undone(event, { moneyBack: true }),
    'inventory.released': (event) => this.undone(event, { stockBack: true }),
    'inventory.reservation.failed': (event) => this.undone(event, { stockBack: true }),
    'shipping.failed': (event) => this.undone(event, {}),
  };

  async place(order) { // Placing an order again changes nothing.
    await this.world.checkpoint('order commit', { mayFail: true });
    if (this.store.rows.has(order.id)) return;
    this.put({ order: order.id, status: 'awaiting payment' });
    const { customer, total: amount, currency } = order;
    const lines = order.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    this.emit('order.created', order.id, null, { customer, amount, currency, lines });
  }

  async cancel(orderId) { // Whether it comes in time, shipping decides.
    await this.world.checkpoint('order commit', { mayFail: true });
    const row = this.row(orderId);
    if (row.status !== 'awaiting payment') return 'refused';
    if (!row.cancelled) {
      this.put({ ...row, cancelled: true });
      this.emit('order.cancel.requested', orderId);
    }
    return null;
  }

  shipped(event) {
    const row = this.row(event.subject);
    if (row.status !== 'awaiting payment') return;
    this.put({ ...row, status: 'confirmed' });
    this.emit('order.saga.completed', row.order, event);
  }

  undone(event, fact) { // Failed means settled: money and stock are back, in whichever order.
    let row = this.row(event.subject);
    if (row.status !== 'awaiting payment') return;
    row = this.put({ ...row, ...fact, reason: row.reason ?? event.data.reason });
    if (row.moneyBack && row.stockBack) this.fail(event, row);
  }

  fail(event, row) {
    if (row.status !== 'awaiting payment') return;
    this.put({ ...row, status: 'failed' });
    this.emit('order.saga.failed', row.order, event, { reason: row.reason ?? '' });
  }
}

module.exports = { OrderService };
