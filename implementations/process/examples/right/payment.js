'use strict';
// The payment service: charges once, refunds once, and knows at any time which of it is done.

const { Service } = require('./service');

// The row, if money is still to be moved for it by whoever handles `order.created`.
const unfinished = (row) => (['charging', 'unwanted', 'refunding'].includes(row.status) ? row : null);

class PaymentService extends Service {
  reactions = { 'order.created': this.accept, 'payment.refund.requested': this.giveBack };

  accept(event) { // The intent is stored before the gateway is asked.
    let row = this.row(event.subject);
    const { amount, currency } = event.data;
    if (row.status === 'idle') row = this.put({ ...row, status: 'charging', amount, currency });
    return unfinished(row);
  }

  giveBack(event) { // The request may come before the charge: then there will be none.
    const row = this.row(event.subject);
    if (row.status === 'paid' || row.status === 'refunding') return this.put({ ...row, status: 'refunding' });
    if (row.status === 'charging') this.put({ ...row, status: 'unwanted' });
    if (row.status === 'idle') {
      this.put({ ...row, status: 'refused' });
      this.emit('payment.refunded', row.order, event);
    }
    return null;
  }

  async carryOn(event, row) {
    let unsettled = row;
    if (row.status !== 'refunding') {
      unsettled = await this.commit(event, this.settle, await this.charge(row));
    }
    if (unsettled) {
      await this.refund(unsettled);
      await this.commit(event, this.refunded);
    }
  }

  charge({ order, amount, currency }) {
    const key = `charge/${order}`;
    const { payments } = this.world;
    return this.ask(payments, key, () => payments.charge(order, amount, currency, { key }));
  }

  settle(event, answer) { // What the gateway said, beside what has happened while it was asked.
    const row = this.row(event.subject);
    if (row.status !== 'charging' && row.status !== 'unwanted') return unfinished(row);
    if (answer.status === 'refused') {
      this.put({ ...row, status: 'declined' });
      this.emit('payment.failed', row.order, event, { reason: answer.reason ?? '' });
      return null;
    }
    if (row.status === 'unwanted') return this.put({ ...row, status: 'refunding', charge: answer.id });
    this.put({ ...row, status: 'paid', charge: answer.id });
    this.emit('payment.processed', row.order, event, { amount: row.amount, lines: event.data.lines });
    return null;
  }

  async refund({ order, charge, amount }) { // A compensation may not give up.
    const key = `refund/${order}`;
    const { payments } = this.world;
    const answer = await this.ask(payments, key, () => payments.refund(charge, amount, { key }));
    if (answer.status === 'refused') throw new Error(`refund of ${charge} refused: ${answer.reason}`);
  }

  refunded(event) {
    const row = this.row(event.subject);
    if (row.status !== 'refunding') return;
    this.put({ ...row, status: 'refunded' });
    this.emit('payment.refunded', row.order, event, { amount: row.amount });
  }
}

module.exports = { PaymentService };
