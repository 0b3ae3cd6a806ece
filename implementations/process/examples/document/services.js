'use strict';
// The services of the document as a team would type them in: Prisma, Stripe and a consumer with
// `on`. The happy path reads well. Nothing here knows of the kit; saga.js hands in the doubles.

const crypto = { randomUUID: null }; // set by saga.js: ids have to be the same in the same run

function orderService({ prisma, consumer }) {
  async function createOrder(data) {
    return prisma.transaction(async (tx) => {
      const order = await tx.order.create({ data: { ...data, status: 'AWAITING_PAYMENT' } });
      await tx.outbox.create({
        data: {
          eventType: 'order.created',
          payload: {
            eventId: crypto.randomUUID(),
            orderId: order.id,
            userId: order.userId,
            amount: order.total,
            items: order.items,
          },
        },
      });
      return order;
    });
  }

  consumer.on('order.saga.completed', async ({ orderId }) => {
    await prisma.order.update({ where: { id: orderId }, data: { status: 'CONFIRMED' } });
  });

  consumer.on('order.saga.failed', async ({ orderId, reason }) => {
    await prisma.order.update({ where: { id: orderId }, data: { status: 'FAILED', failureReason: reason } });
  });

  return { createOrder };
}

function paymentService({ consumer, publish, stripe, customerId }) {
  consumer.on('order.created', async ({ orderId, userId, amount }) => {
    try {
      const charge = await stripe.charges.create({
        amount: Math.round(amount * 100),
        currency: 'usd',
        customer: await customerId(userId),
        metadata: { orderId },
      });
      await publish('payment.processed', { eventId: crypto.randomUUID(), orderId, chargeId: charge.id, amount });
    } catch (error) {
      await publish('payment.failed', { eventId: crypto.randomUUID(), orderId, reason: error.message });
    }
  });

  consumer.on('payment.refund.requested', async ({ orderId, chargeId }) => {
    await stripe.refunds.create({ charge: chargeId });
    await publish('payment.refunded', { eventId: crypto.randomUUID(), orderId, chargeId });
  });
}

function inventoryService({ consumer, publish, reserveInventory, releaseInventory }) {
  consumer.on('payment.processed', async ({ orderId, chargeId, items }) => {
    try {
      await reserveInventory(items);
      await publish('inventory.reserved', { eventId: crypto.randomUUID(), orderId, chargeId });
    } catch (error) { // The payment service listens to this and refunds.
      const reason = error.message;
      await publish('inventory.reservation.failed', { eventId: crypto.randomUUID(), orderId, chargeId, reason });
    }
  });

  consumer.on('inventory.release.requested', async ({ orderId, items }) => {
    await releaseInventory(items);
    await publish('inventory.released', { eventId: crypto.randomUUID(), orderId });
  });
}

module.exports = { crypto, orderService, paymentService, inventoryService };
