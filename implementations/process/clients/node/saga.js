'use strict';
// The client for Node of the order saga verification kit: one file, no dependencies. Copy it.
//
//     require('./saga').serve((world) => new MySaga(world));
//
// `make(world)` returns the target: subscriptions, placeOrder(order), handle(participant, event),
// observe(), and whatever else the contract knows, in camel case. All but `observe`, `restart` and
// `refuses` may be async. Every port of `world` but clock() and newId() returns a promise: await it.
// stdout belongs to the kit; what the program prints goes to stderr.

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const path = require('node:path');

const PROTOCOL = 1;
const DATA = ['subscriptions', 'roles', 'consumers', 'delivery', 'limits', 'currencies', 'terminal',
  'idempotent_place'];
const MEMBERS = ['cancel_order', 'relay', 'actions', 'act', 'queues', 'refuses', 'restart', 'close'];
const FAILURES = { transient: 'ConnectionError', unknown: 'TimeoutError', invalid: 'ValueError' };
// What the ports take. Whatever else is named in an object that comes last:
// await world.payments.charge('o1', 1999, 'EUR', { key: 'charge/o1' })
const PORTS = {
  world: { publish: 'type data', answer: 'step order_id', timer: 'delay type data', acknowledge: '',
    checkpoint: 'name', done: 'name' },
  payments: { authorise: 'order amount currency', capture: 'order amount currency',
    charge: 'order amount currency', refund: 'charge_id amount', void: 'charge_id', lookup: 'key',
    find: 'order' },
  carrier: { create_shipment: 'order lines', cancel: 'shipment_id', lookup: 'key' },
  warehouse: { reserve: 'order sku quantity', release: 'order sku quantity', available: 'sku' },
};
const camel = (name) => name.replace(/_./g, (found) => found[1].toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (found) => `_${found.toLowerCase()}`);

// -- lines: one is written for each that is read ---------------------------------------------------

const chunk = Buffer.alloc(1 << 16);
let unread = Buffer.alloc(0);

function readLine() { // Blocks: between two lines of the kit nothing happens.
  let end;
  while ((end = unread.indexOf('\n')) < 0) {
    const length = fs.readSync(0, chunk, 0, chunk.length, null);
    if (length === 0) process.exit(0); // The kit is gone.
    unread = Buffer.concat([unread, chunk.subarray(0, length)]);
  }
  const line = unread.toString('utf8', 0, end);
  unread = unread.subarray(end + 1);
  return JSON.parse(line);
}

function write(message) {
  const seen = target && !slowToObserve ? snapshot() : undefined;
  const text = JSON.stringify(message);
  let rest = Buffer.from(seen === undefined ? `${text}\n` : `${text.slice(0, -1)},"seen":${seen}}\n`);
  while (rest.length) rest = rest.subarray(fs.writeSync(1, rest));
  queueMicrotask(() => process.nextTick(next)); // Not before every promise that can go on has gone on.
}

const next = () => dispatch(readLine());

function snapshot() { // What observe() shows, where it has changed; null: the kit has to ask for it.
  let seen;
  try { seen = JSON.stringify(target.observe()); } catch { seen = 'null'; }
  if (seen === lastSeen) return undefined;
  lastSeen = seen;
  return seen;
}

// -- requests, and the port calls that are made in the course of them -----------------------------------

const running = new AsyncLocalStorage();
let open = new Map(); // Requests that are not answered yet, by number.
let make, resets, target, lastSeen, slowToObserve, now;

function call(port, parameters) {
  const request = running.getStore();
  if (!request || request.dead) return new Promise(() => {}); // Nobody is left to be answered.
  return new Promise((resolve, reject) => {
    request.calls.push({ port, parameters, resolve, reject });
    if (request.calls.length === 1) writeCall(request);
  });
}

function writeCall({ id, calls: [{ port, parameters }] }) {
  write({ id, call: port, with: parameters });
}

function answer(line) {
  const request = open.get(line.id);
  const { resolve, reject } = request.calls.shift();
  if (request.calls.length) writeCall(request); // A Promise.all: one at a time, in its order.
  else if (request.outcome) finish(request, request.outcome);
  if (!line.failure) return resolve(line.answer);
  const { kind, definite, message } = line.failure;
  return reject(Object.assign(new Error(message), { name: FAILURES[kind], kind, definite }));
}

function settle(request, outcome) {
  if (request.dead) return;
  if (!request.calls.length) { finish(request, outcome); return; }
  const forgotten = { type: 'NotAwaited', fatal: true, message: `did not await ${request.calls[0].port}` };
  request.outcome = 'return' in outcome ? { error: forgotten } : outcome;
}

function finish(request, outcome) {
  open.delete(request.id);
  write({ id: request.id, ...outcome });
}

function described(error) {
  const place = String(error?.stack).split('\n').map((line) => /\(?([^\s()]+):(\d+):\d+\)?$/.exec(line))
    .find((found) => found && found[1] !== __filename && !found[1].startsWith('node:'));
  return { type: error?.name || 'Error', message: String(error?.message || error),
    where: place ? `${path.basename(place[1])}:${place[2]}` : '' };
}

// -- what the kit asks for ---------------------------------------------------------------------------------

const DO = {
  hello: () => ({ protocol: PROTOCOL, client: 'node', capabilities: resets ? ['reset'] : [] }),
  start,
  place: ({ order }) => target.placeOrder(order),
  cancel: ({ order }) => target.cancelOrder(order),
  handle: ({ participant, event }) => target.handle(participant, event),
  relay: ({ participant }) => target.relay(participant),
  restart: ({ participant, id }) => {
    forget((request) => request.participant === participant, id);
    return target.restart(participant);
  },
  observe: () => target.observe(),
  actions: () => target.actions(),
  act: ({ name, order }) => target.act(name, order),
  queue: ({ participant, type }) => target.queues(participant, type),
  refuses: ({ order }) => target.refuses(order),
  end: () => target.close(),
};

function forget(whom, except) { // Whoever waits at a port call waits for ever: no catch, no finally.
  for (const request of open.values()) {
    if (request.id !== except && whom(request)) { request.dead = true; open.delete(request.id); }
  }
}

function start(line) {
  forget(() => true, line.id);
  [lastSeen, target] = [undefined, undefined];
  const made = make(worldOf(line));
  const declared = { members: MEMBERS.filter((name) => made[camel(name)]) };
  for (const name of DATA) if (made[camel(name)] !== undefined) declared[name] = made[camel(name)];
  slowToObserve = typeof made.observe().then === 'function';
  target = made;
  return declared;
}

function worldOf({ stock, prices, state, participant, ids }) { // `state` is a folder that outlives a kill.
  let count = 0;
  const world = { stock, prices, state, participant, clock: () => now, newId: () => `${ids}${++count}` };
  for (const [owner, ports] of Object.entries(PORTS)) {
    const at = owner === 'world' ? world : world[owner] = {};
    for (const [name, taken] of Object.entries(ports)) {
      at[camel(name)] = port(at === world ? name : `${owner}.${name}`, taken.split(' ').filter(Boolean));
    }
  }
  return world;
}

function port(name, taken) {
  return (...given) => {
    const parameters = {};
    taken.forEach((each, index) => { parameters[each] = given[index]; });
    for (const more in given[taken.length]) parameters[snake(more)] = given[taken.length][more];
    return call(name, parameters);
  };
}

function dispatch(line) {
  if (line.now !== undefined) now = line.now;
  if (!line.do) { answer(line); return; }
  const request = { id: line.id, participant: line.participant, calls: [], dead: false, outcome: null };
  open.set(line.id, request);
  const failed = (error) => settle(request, { error: described(error) });
  running.run(request, () => {
    try {
      if (!DO[line.do]) throw new Error(`this client knows nothing of ${line.do}`);
      const result = DO[line.do](line);
      const done = (value) => settle(request, { return: value === undefined ? null : value });
      if (typeof result?.then === 'function') result.then(done, failed);
      else done(result);
    } catch (error) { failed(error); }
  });
}

/** Talk to the kit for as long as it is there. `reset: false`: every run needs a new process. */
function serve(factory, { reset = true } = {}) {
  [make, resets] = [factory, reset];
  Object.defineProperty(process, 'stdout', { get: () => process.stderr });
  const errors = new console.Console(process.stderr, process.stderr);
  for (const name of ['log', 'info', 'debug', 'dir', 'table']) console[name] = errors[name].bind(errors);
  next();
}

module.exports = { serve };
