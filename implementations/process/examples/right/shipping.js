'use strict';
// The shipping service: the pivot. Once a parcel is booked the saga can only go forward.

const { Service } = require('./service');

class ShippingService extends Service {
  reactions = { 'inventory.reserved': this.accept, 'order.cancel.requested': this.cancel };

  accept(event) { // From here on a cancel comes too late.
    let row = this.row(event.subject);
    if (row.status === 'idle') row = this.put({ ...row, status: 'booking' });
    return row.status === 'booking' ? row : null;
  }

  async carryOn(event, { order }) {
    const key = `ship/${order}`;
    const { carrier } = this.world;
    const book = () => carrier.createShipment(order, event.data.lines, { key });
    await this.commit(event, this.settle, await this.ask(carrier, key, book));
  }

  settle(event, answer) {
    const row = this.row(event.subject);
    if (row.status !== 'booking') return;
    if (answer.status === 'done') {
      this.put({ ...row, status: 'shipped', parcel: answer.id });
      this.emit('shipment.created', row.order, event, { shipment: answer.id });
    } else {
      this.put({ ...row, status: 'failed' });
      this.fail(event, answer.reason ?? 'refused by the carrier');
    }
  }

  cancel(event) { // Unless a parcel is, or may be, on its way.
    const row = this.row(event.subject);
    if (row.status !== 'idle') return;
    this.put({ ...row, status: 'cancelled' });
    this.fail(event, 'cancelled by the customer');
  }

  fail(event, reason) { // What went wrong, and what has to be undone, in one transaction.
    this.emit('shipping.failed', event.subject, event, { reason });
    this.emit('inventory.release.requested', event.subject, event);
    this.emit('payment.refund.requested', event.subject, event);
  }
}

module.exports = { ShippingService };
