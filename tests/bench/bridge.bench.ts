import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Channel, Connect } from '@adiuva/desktop/bridge/channel.ts';
import { createBridge, type Bridge } from '@adiuva/desktop/bridge/client.ts';
import type { BridgeEvent } from '@adiuva/desktop/bridge/events.ts';
import { portChannel, type PortLike } from '@adiuva/desktop/bridge/link-port.ts';
import { acceptedSocket, connectSocket, type SocketLike } from '@adiuva/desktop/bridge/link-socket.ts';
import type { CoreApi } from '@adiuva/desktop/bridge/procedures.ts';
import type { Serving } from '@adiuva/desktop/bridge/router.ts';
import { serveChannel } from '@adiuva/desktop/bridge/serve.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { inTurns, median, report, say, type Line } from './measure.ts';

/**
 * A burst of token events from a core to a screen, whole: checked, packed, sent, read, checked, handed to a listener one by one. The core is a process of its
 * own for the socket and a thread of its own for the port. Beside it the same events over bare `ws`, a frame each, and in one frame a turn of the loop, which
 * is the least that can be done. What the screen then draws is not in it. `ROUNDS` (31) and `EVENTS` (10000) change the size.
 */
const rounds = Number(process.env['ROUNDS'] ?? 31);
const count = Number(process.env['EVENTS'] ?? 10_000);
/** Events that a core announces in one turn of its loop. */
const perTurn = 50;

interface Socket extends SocketLike {
  on(event: 'message', hear: (data: unknown) => void): void;
  once(event: 'open' | 'error', hear: (error?: Error) => void): Socket;
  terminate(): void;
}
interface SocketServer {
  on(event: 'connection', meet: (socket: Socket, request: { url?: string }) => void): void;
  address(): AddressInfo;
}
interface Ws {
  WebSocketServer: new (options: object, ready: () => void) => SocketServer;
  WebSocket: new (url: string, options: object) => Socket;
}
const { WebSocketServer, WebSocket } = createRequire(new URL('../../desktop/package.json', import.meta.url))('ws') as Ws;

let announced = 0;
const token = (seq: number): BridgeEvent => ({
  id: ++announced,
  type: 'chat.token',
  data: { messageId: '019a9f5e-0000-7000-8000-000000000001', sessionId: '019a9f5e-0000-7000-8000-000000000002', seq, text: 'word ' },
});

/** Hands `count` events to `give`, as a model's fast answer comes: some a turn. */
function burst(give: (event: BridgeEvent) => void, endOfTurn: () => void = () => {}): void {
  let sent = 0;
  const turn = () => {
    for (let i = 0; i < perTurn && sent < count; i++) give(token(++sent));
    endOfTurn();
    if (sent < count) setImmediate(turn);
  };
  turn();
}

/** The core's end of the bridge, without a core: nothing is asked here. */
function serving(): { serving: Serving; announce: (event: BridgeEvent) => void } {
  const listeners = new Set<(event: BridgeEvent) => void>();
  const subscribe = (listener: (event: BridgeEvent) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    serving: { core: {} as CoreApi, subscribe, turn: (next) => void setImmediate(next) },
    announce: (event) => listeners.forEach((listener) => listener(event)),
  };
}

/** In the process behind the sockets: the path of a connection says how its events are to come. */
function socketCore(): void {
  const core = serving();
  const bare: Record<string, Socket> = {};
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => process.send!(server.address().port));
  server.on('connection', (socket, { url = '' }) => {
    if (url === '/bridge') serveChannel(acceptedSocket(socket), core.serving);
    else bare[url] = socket;
  });
  process.on('message', (kind: string) => {
    if (kind === '/bridge') return burst(core.announce);
    const socket = bare[kind]!;
    if (kind === '/each') return burst((event) => socket.send(JSON.stringify(event)));
    let turn: BridgeEvent[] = [];
    burst(
      (event) => turn.push(event),
      () => {
        socket.send(JSON.stringify(turn));
        turn = [];
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}

/** In the thread behind the port. */
function portCore(port: MessagePort): void {
  const core = serving();
  serveChannel(portChannel(port as unknown as PortLike), core.serving);
  parentPort!.on('message', () => burst(core.announce));
}

/** One burst: milliseconds from the order to the last event in the hands of its reader. */
type Burst = () => Promise<number>;

function measured(order: () => void, onEvent: (hear: (seq: number) => void) => void): Burst {
  let heard = 0;
  let done: () => void = () => {};
  onEvent((seq) => {
    if (seq !== ++heard) throw new Error(`event ${seq} came as number ${heard}`);
    if (heard === count) done();
  });
  return async () => {
    heard = 0;
    const from = performance.now();
    const all = new Promise<void>((resolve) => (done = resolve));
    order();
    await all;
    return performance.now() - from;
  };
}

async function opened(connect: Connect): Promise<Bridge> {
  const bridge = createBridge({ connect, clock: systemClock, random: systemRandom });
  if (bridge.state() !== 'open') await new Promise<void>((resolve) => bridge.onState((state) => state === 'open' && resolve()));
  return bridge;
}

const overBridge = (bridge: Bridge, order: () => void) => measured(order, (hear) => bridge.on('chat.token', ({ seq }) => hear(seq)));

async function bareSocket(url: string): Promise<Socket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

async function overSockets(child: ChildProcess): Promise<{ socket: Burst; each: Burst; turns: Burst; close: () => void }> {
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)));
  const url = (path: string) => `ws://127.0.0.1:${port}${path}`;
  const order = (path: string) => () => void child.send(path);
  const bridge = await opened(connectSocket(url('/bridge'), (to) => new WebSocket(to, { perMessageDeflate: false })));
  const [each, turns] = [await bareSocket(url('/each')), await bareSocket(url('/turns'))];
  type Token = Extract<BridgeEvent, { type: 'chat.token' }>;
  const one = (hear: (seq: number) => void) => each.on('message', (data) => hear((JSON.parse(String(data)) as Token).data.seq));
  const many = (hear: (seq: number) => void) =>
    turns.on('message', (data) => {
      for (const event of JSON.parse(String(data)) as Token[]) hear(event.data.seq);
    });
  const close = () => {
    bridge.close();
    for (const socket of [each, turns]) socket.terminate();
  };
  return { socket: overBridge(bridge, order('/bridge')), each: measured(order('/each'), one), turns: measured(order('/turns'), many), close };
}

async function overPort(): Promise<{ port: Burst; close: () => Promise<void> }> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(import.meta.url), { workerData: { port: port1 }, transferList: [port1] });
  const connect = async (): Promise<Channel> => portChannel(port2 as unknown as PortLike);
  const bridge = await opened(connect);
  return {
    port: overBridge(bridge, () => worker.postMessage('burst')),
    close: async () => {
      bridge.close();
      await worker.terminate();
    },
  };
}

async function main(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['core']);
  const [sockets, port] = [await overSockets(child), await overPort()];
  const { socket, each, turns } = sockets;
  const samples = await inTurns({ socket, port: port.port, each, turns }, rounds, 8);
  const [bySocket, byPort] = [median(samples.socket), median(samples.port)];
  const eachOwn = { name: 'ws, a frame each', value: median(samples.each) };
  const least = { name: 'ws, a frame a turn (limit)', value: median(samples.turns) };
  say(`I1  ${count} token events to the screen`);
  const lines: Line[] = [
    { what: 'I1 over the message port', unit: 'ms', product: byPort, peer: eachOwn, goal: 0.15 },
    { what: 'I1 over the socket', unit: 'ms', product: bySocket, peer: eachOwn, goal: 0.15 },
    { what: '   over the message port', unit: 'ms', product: byPort, peer: least, goal: null },
    { what: '   over the socket', unit: 'ms', product: bySocket, peer: least, goal: null },
  ];
  report('bridge', lines, { rounds, count, ...samples });
  sockets.close();
  await port.close();
  child.disconnect();
}

if (!isMainThread) portCore((workerData as { port: MessagePort }).port);
else if (process.argv[2] === 'core') socketCore();
else await main();
