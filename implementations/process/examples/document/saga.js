'use strict';
// The adapter of services.js: a database, Stripe and a consumer as the services expect them, made of
// the ports of the world. It has no defects of its own.

const { serve } = require('../../clients/node/saga');
const { crypto, orderService, paymentService, inventoryService } = require('./services');

const STATUS = { AWAITING_PAYMENT: 'open', CONFIRMED: 'confirmed', FAILED: 'failed' };

class Consumer {
  handlers = {};

  on(type, handler) { this.handlers[type] = handler; }
}

class Database {
  rows = new Map();
  waiting = [];

  order = {
    create: async ({ data }) => { this.rows.set(data.id, data); return data; },
    update: async ({ where, data }) => { Object.assign(this.rows.get(where.id), data); },
  };

  outbox = { create: async ({ data }) => { this.waiting.push(data); } };

  transaction(body) { return body(this); }
}

function stripeOf({ payments }) {
  return {
    charges: {
      create: async ({ amount, currency, metadata }) => {
        const answer = await payments.charge(metadata.orderId, amount, currency);
        if (answer.status === 'refused') throw new Error(answer.reason);
        return { id: answer.id };
      },
    },
    refunds: { create: ({ charge }) => payments.refund(charge) },
  };
}

class Warehouse {
  constructor(stock) { this.stock = { ...stock }; }

  async reserve(items) {
    for (const { sku, quantity } of items) {
      if ((this.stock[sku] ?? 0) < quantity) throw new Error(`out of stock: ${sku}`);
    }
    for (const { sku, quantity } of items) this.stock[sku] -= quantity;
  }

  async release(items) {
    for (const { sku, quantity } of items) this.stock[sku] += quantity;
  }
}

class Saga {
  roles = { order: 'order', payment: 'payment', inventory: 'inventory' };

  constructor(world) {
    this.world = world;
    crypto.randomUUID = () => world.newId();
    this.database = new Database();
    this.warehouse = new Warehouse(world.stock);
    const publish = (type, data) => world.publish(type, data, { id: data.eventId, subject: data.orderId });
    this.listening = { order: new Consumer(), payment: new Consumer(), inventory: new Consumer() };
    const { order, payment, inventory } = this.listening;
    this.orders = orderService({ prisma: this.database, consumer: order });
    paymentService({ consumer: payment, publish, stripe: stripeOf(world), customerId: async (id) => `cus_${id}` });
    const reserveInventory = (items) => this.warehouse.reserve(items);
    const releaseInventory = (items) => this.warehouse.release(items);
    inventoryService({ consumer: inventory, publish, reserveInventory, releaseInventory });
    const types = ([name, { handlers }]) => [name, Object.keys(handlers)];
    this.subscriptions = Object.fromEntries(Object.entries(this.listening).map(types));
  }

  async placeOrder({ id, customer, total, lines }) {
    await this.orders.createOrder({ id, userId: customer, total: total / 100, items: lines });
  }

  handle(participant, event) { // The consumer parses a message before a handler sees it.
    if (typeof event.data !== 'object') throw new SyntaxError(`nobody can read ${event.id}`);
    return this.listening[participant].handlers[event.type](event.data);
  }

  async relay(participant) {
    const { waiting } = this.database;
    if (participant !== 'order' || waiting.length === 0) return 0;
    const { eventType, payload } = waiting[0];
    const before = waiting.length;
    await this.world.publish(eventType, payload, { id: payload.eventId, subject: payload.orderId });
    waiting.shift();
    return before;
  }

  restart() {} // What the services remember is all in the database and the warehouse.

  observe() {
    const orders = Object.fromEntries([...this.database.rows].map(([id, row]) => [id, STATUS[row.status]]));
    return { orders, stock: this.warehouse.stock };
  }
}

serve((world) => new Saga(world));
