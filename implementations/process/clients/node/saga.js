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
const { StringDecoder } = require('node:string_decoder');

const PROTOCOL = 1;
const DATA = { subscriptions: 'subscriptions', roles: 'roles', consumers: 'consumers', delivery: 'delivery',
  limits: 'limits', currencies: 'currencies', terminal: 'terminal', idempotentPlace: 'idempotent_place' };
const MEMBERS = { cancelOrder: 'cancel_order', relay: 'relay', actions: 'actions', act: 'act',
  queues: 'queues', refuses: 'refuses', restart: 'restart', close: 'close' };
const FAILURES = { transient: 'ConnectionError', unknown: 'TimeoutError', invalid: 'ValueError' };

// -- the wire ---------------------------------------------------------------------------------------

const chunk = Buffer.alloc(1 << 16);
const outgoing = Buffer.alloc(1 << 16);
const decoder = new StringDecoder('utf8');
let unread = '';

function readLine() { // Blocks: between two lines of the kit nothing happens.
  let end;
  while ((end = unread.indexOf('\n')) < 0) {
    const length = fs.readSync(0, chunk, 0, chunk.length, null);
    if (length === 0) process.exit(0); // The kit is gone.
    unread += decoder.write(chunk.subarray(0, length));
  }
  const line = unread.slice(0, end);
  unread = unread.slice(end + 1);
  return JSON.parse(line);
}

function write(message) { // One line for each that was read; the next is read when this one is out.
  let text = JSON.stringify(message);
  const seen = target && !slowToObserve ? snapshot() : undefined;
  if (seen !== undefined) text = `${text.slice(0, -1)},"seen":${seen}}`;
  text += '\n';
  const bytes = text.length * 3 > outgoing.length ? Buffer.from(text) : outgoing;
  const length = bytes === outgoing ? outgoing.write(text) : bytes.length;
  for (let done = 0; done < length;) done += fs.writeSync(1, bytes, done, length - done);
  setImmediate(next);
}

const next = () => dispatch(readLine());

function keepStdoutFree() {
  Object.defineProperty(process, 'stdout', { get: () => process.stderr });
  for (const name of ['log', 'info', 'debug', 'dir', 'table']) {
    const own = new console.Console(process.stderr, process.stderr);
    console[name] = own[name].bind(own);
  }
}

// -- requests, and the port calls that are made in the course of them -----------------------------------

const running = new AsyncLocalStorage();
let open = new Map(); // Requests that are not answered yet, by number.
let make, resets, target, lastSeen, slowToObserve, now, ids, count;

function call(port, parameters) {
  const request = running.getStore();
  if (!request || request.dead) return new Promise(() => {}); // Nobody is left to be answered.
  return new Promise((resolve, reject) => {
    request.calls.push({ port, parameters, resolve, reject });
    if (request.calls.length === 1) writeCall(request);
  });
}

function writeCall(request) {
  const { port, parameters } = request.calls[0];
  write({ id: request.id, call: port, with: parameters });
}

function answer(line) {
  const request = open.get(line.id);
  const { resolve, reject } = request.calls.shift();
  if (request.calls.length > 0) writeCall(request); // A Promise.all: one at a time, in its order.
  else if (request.outcome) finish(request, request.outcome);
  if (!line.failure) { resolve(line.answer); return; }
  const { kind, definite, message } = line.failure;
  reject(Object.assign(new Error(message), { name: FAILURES[kind], kind, definite }));
}

function settle(request, outcome) {
  if (request.dead) return;
  if (request.calls.length === 0) { finish(request, outcome); return; }
  const forgotten = { type: 'NotAwaited', fatal: true, message: `did not await ${request.calls[0].port}` };
  request.outcome = 'return' in outcome ? { error: forgotten } : outcome;
}

function finish(request, outcome) {
  open.delete(request.id);
  write({ id: request.id, ...outcome });
}

function described(error) {
  const lines = String((error && error.stack) || '').split('\n');
  const place = lines.map((line) => /\(?([^\s()]+):(\d+):\d+\)?$/.exec(line))
    .find((found) => found && found[1] !== __filename && !found[1].startsWith('node:'));
  return { type: (error && error.name) || 'Error', message: String((error && error.message) || error),
    where: place ? `${path.basename(place[1])}:${place[2]}` : '' };
}

// -- what the kit asks for ---------------------------------------------------------------------------------

function snapshot() { // What observe() shows, where it has changed; null: the kit has to ask for it.
  let seen;
  try { seen = JSON.stringify(target.observe()); } catch { seen = 'null'; }
  if (seen === lastSeen) return undefined;
  lastSeen = seen;
  return seen;
}

function start(line) {
  for (const request of open.values()) request.dead = request.id !== line.id;
  open = new Map([[line.id, open.get(line.id)]]);
  [ids, count, lastSeen, target] = [line.ids, 0, undefined, undefined];
  const made = make(worldOf(line));
  const declared = { members: Object.keys(MEMBERS).filter((name) => made[name]).map((name) => MEMBERS[name]) };
  for (const [name, wire] of Object.entries(DATA)) if (made[name] !== undefined) declared[wire] = made[name];
  slowToObserve = typeof made.observe().then === 'function';
  target = made;
  return declared;
}

function crash(participant) { // Whoever waits at a port call waits for ever: no catch, no finally.
  for (const request of open.values()) {
    if (request.participant !== participant) continue;
    request.dead = true;
    open.delete(request.id);
  }
  return target.restart(participant);
}

const DO = {
  hello: () => ({ protocol: PROTOCOL, client: 'node', capabilities: resets ? ['reset'] : [] }),
  start,
  place: (line) => target.placeOrder(line.order),
  cancel: (line) => target.cancelOrder(line.order),
  handle: (line) => target.handle(line.participant, line.event),
  relay: (line) => target.relay(line.participant),
  restart: (line) => crash(line.participant),
  observe: () => target.observe(),
  actions: () => target.actions(),
  act: (line) => target.act(line.name, line.order),
  queue: (line) => target.queues(line.participant, line.type),
  refuses: (line) => target.refuses(line.order),
  end: () => target.close(),
};

function dispatch(line) {
  if (line.now !== undefined) now = line.now;
  if (!line.do) { answer(line); return; }
  const participant = line.do === 'restart' ? null : line.participant;
  const request = { id: line.id, participant, calls: [], dead: false, outcome: null };
  open.set(line.id, request);
  const done = (value) => settle(request, { return: value === undefined ? null : value });
  const failed = (error) => settle(request, { error: described(error) });
  running.run(request, () => {
    try {
      if (!DO[line.do]) throw new Error(`this client knows nothing of ${line.do}`);
      const result = DO[line.do](line);
      if (result && typeof result.then === 'function') result.then(done, failed);
      else done(result);
    } catch (error) { failed(error); }
  });
}

// -- the world -----------------------------------------------------------------------------------------------

function worldOf(line) {
  return {
    stock: line.stock,
    prices: line.prices,
    state: line.state, // A folder of this process's own, empty when a run begins, kept in a crash.
    participant: line.participant, // Where a target file runs one participant in each process.
    clock: () => now,
    newId: () => `${ids}${++count}`,
    publish: (type, data, more) => call('publish', { type, data, ...more }),
    answer: (step, order) => call('answer', { step, order_id: order }),
    timer: (delay, type, data) => call('timer', { delay, type, data }),
    checkpoint: (name, { mayFail = false } = {}) => call('checkpoint', { name, may_fail: mayFail }),
    done: (name) => call('done', { name }),
    payments: {
      authorise: (order, amount, currency, more) => call('payments.authorise', { order, amount, currency, ...more }),
      capture: (order, amount, currency, more) => call('payments.capture', { order, amount, currency, ...more }),
      charge: (order, amount, currency, more) => call('payments.charge', { order, amount, currency, ...more }),
      refund: (charge, amount, more) => call('payments.refund', { charge_id: charge, amount, ...more }),
      void: (charge, more) => call('payments.void', { charge_id: charge, ...more }),
      lookup: (key) => call('payments.lookup', { key }),
      find: (order) => call('payments.find', { order }),
    },
    carrier: {
      createShipment: (order, lines, more) => call('carrier.create_shipment', { order, lines, ...more }),
      cancel: (shipment, more) => call('carrier.cancel', { shipment_id: shipment, ...more }),
      lookup: (key) => call('carrier.lookup', { key }),
    },
    warehouse: {
      reserve: (order, sku, quantity, more) => call('warehouse.reserve', { order, sku, quantity, ...more }),
      release: (order, sku, quantity, more) => call('warehouse.release', { order, sku, quantity, ...more }),
      available: (sku) => call('warehouse.available', { sku }),
    },
  };
}

/** Talk to the kit for as long as it is there. `reset: false`: every run needs a new process. */
function serve(factory, { reset = true } = {}) {
  [make, resets] = [factory, reset];
  keepStdoutFree();
  dispatch(readLine());
}

module.exports = { serve };
