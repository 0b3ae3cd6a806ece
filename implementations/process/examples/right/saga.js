'use strict';
// The four services as a target of the kit, in one process, or each in its own (a target file).
//
//     python -m pytest properties --saga-target='cmd: node implementations/process/examples/right/saga.js'

const { serve } = require('../../clients/node/saga');
const { InventoryService, InventoryStore } = require('./inventory');
const { OrderService } = require('./order');
const { PaymentService } = require('./payment');
const { Store } = require('./service');
const { ShippingService } = require('./shipping');

const SERVICES = { order: OrderService, payment: PaymentService, inventory: InventoryService, shipping: ShippingService };
const STATUS = { 'awaiting payment': 'open', confirmed: 'confirmed', failed: 'failed' };

class Saga {
  terminal = { 'order.saga.completed': 'confirmed', 'order.saga.failed': 'failed' };
  delivery = 'at-least-once-unordered';
  currencies = ['EUR', 'JPY', 'KWD'];
  idempotentPlace = true;
  services = {};
  subscriptions = {};
  consumers = {};

  constructor(world) {
    this.world = world;
    for (const name of world.participant ? [world.participant] : Object.keys(SERVICES)) {
      const store = name === 'inventory' ? new InventoryStore(world.stock) : new Store();
      this.services[name] = new SERVICES[name](name, world, store);
      this.subscriptions[name] = Object.keys(this.services[name].reactions);
      this.consumers[name] = { parallel: 2 };
    }
  }

  placeOrder(order) { return this.services.order.place(order); }

  cancelOrder(orderId) { return this.services.order.cancel(orderId); }

  handle(participant, event) { return this.services[participant].handle(event); }

  relay(participant) { return this.services[participant].relay(); }

  restart(participant) { // A service anew, on nothing but what it has stored.
    const { store } = this.services[participant];
    this.services[participant] = new SERVICES[participant](participant, this.world, store);
  }

  observe() {
    const { order, inventory } = this.services;
    const seen = { outbox: {} }; // Where it is shown to be empty, the kit asks for no relay.
    for (const [name, { store: kept }] of Object.entries(this.services)) seen.outbox[name] = kept.outbox.size;
    if (order) {
      seen.orders = Object.fromEntries([...order.store.rows].map(([id, row]) => [id, STATUS[row.status]]));
    }
    if (inventory) {
      seen.stock = Object.fromEntries(inventory.store.stock);
      seen.reservations = [...inventory.store.rows].flatMap(([id, { held = new Map() }]) =>
        [...held].map(([sku, quantity]) => ({ order: id, sku, quantity })));
    }
    return seen;
  }
}

serve((world) => new Saga(world));
