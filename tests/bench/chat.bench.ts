import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../../infra/bootstrap/build.ts';
import { inTurns, median, report, say, type Line } from './measure.ts';
import { portkeyHeaders, startPortkey } from './portkey.ts';

/**
 * What the chat route adds to a stream of tokens: the whole way (socket, guard, run kept for resuming, tool loop, leak guard, fallback chain, LangChain)
 * against the same upstream asked directly, a bare relay over `ws`, a relay that holds nothing but LangChain, and the Portkey gateway. Every relay is a
 * process of its own; all are asked in turn within each round, and are warm before it counts. The upstream writes its clock into every chunk.
 * First tokens are measured with one stream, processor time with 50, streams a second with 200 at full speed, memory with 500.
 * `ROUNDS` (5) changes the size. Without the network Portkey cannot be installed the first time; the rest is measured then.
 */
const rounds = Number(process.env['ROUNDS'] ?? 5);
const role = process.argv[2];
const us = () => Number(process.hrtime.bigint() / 1000n);
const need = createRequire(new URL('../../desktop/package.json', import.meta.url));
const sharedNeed = createRequire(new URL('../../shared/package.json', import.meta.url));

/** As much of the packages as is used here; they belong to the workspaces that ship them. */
interface Socket {
  on(event: 'message', hear: (data: unknown) => void): Socket;
  once(event: 'open' | 'error', hear: (error?: Error) => void): Socket;
  off(event: 'message', hear: (data: unknown) => void): Socket;
  send(text: string): void;
}
interface SocketServer {
  on(event: 'connection', meet: (socket: Socket) => void): void;
  address(): AddressInfo;
}
interface Ws {
  WebSocketServer: new (options: object, ready: () => void) => SocketServer;
  WebSocket: new (url: string, options: object) => Socket;
}
interface LangChain {
  ChatOpenAI: new (options: object) => { stream(text: string): Promise<AsyncIterable<{ content: string }>> };
}
const { WebSocketServer, WebSocket } = need('ws') as Ws;

/** Words a chat asks for, with which the language room is sure, so that no model is asked who should answer. */
const sentence = 'Mark the invoice as done';
const context = { userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } };

const chunk = (model: string, delta: object, reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;

/** A model called `fake-<chunks>-<ms between>`. */
function upstream(): void {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { model } = JSON.parse(Buffer.concat(parts).toString()) as { model: string };
      const [, count = 0, gap = 0] = model.split('-').map(Number);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.socket?.setNoDelay(true);
      let sent = 0;
      const step = () => {
        if (response.destroyed) return;
        if (sent++ >= count) return void response.end(`${chunk(model, {}, 'stop')}data: [DONE]\n\n`);
        response.write(chunk(model, { role: 'assistant', content: `@${us()}@ word ` }));
        if (gap) setTimeout(step, gap);
        else setImmediate(step);
      };
      step();
    });
  });
  // A connection that is closed while it is taken up again would be a failure of the provider.
  server.keepAliveTimeout = 10 * 60_000;
  server.listen(0, '127.0.0.1', 4096, () => say(`up ${(server.address() as AddressInfo).port}`));
}

const agent = new Agent({ keepAlive: true });
function askUpstream(port: number, body: string, more: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...more };
    httpRequest({ host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST', agent, headers }, resolve).on('error', reject).end(body);
  });
}

function eachDelta(response: IncomingMessage, word: (text: string) => void, end: () => void): void {
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const text = (JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content;
      if (text) word(text);
    }
  });
  response.on('end', end);
}

/** The least a relay can do: parse, and pass on. */
function bare(upstreamPort: number): void {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => say(`up ${server.address().port}`));
  server.on('connection', (socket) =>
    socket.on('message', async (message) => {
      const { model } = JSON.parse(String(message)) as { model: string };
      const response = await askUpstream(upstreamPort, JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: sentence }] }));
      eachDelta(
        response,
        (text) => socket.send(JSON.stringify({ type: 'token', text })),
        () => socket.send('{"type":"final"}'),
      );
    }),
  );
}

/** LangChain and nothing else between. */
async function langchain(upstreamPort: number): Promise<void> {
  const { ChatOpenAI } = sharedNeed('@langchain/openai') as LangChain;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => say(`up ${server.address().port}`));
  const models = new Map<string, InstanceType<LangChain['ChatOpenAI']>>();
  server.on('connection', (socket) =>
    socket.on('message', async (message) => {
      const { model } = JSON.parse(String(message)) as { model: string };
      const chat = models.get(model) ?? new ChatOpenAI({ model, apiKey: 'x', configuration: { baseURL: `http://127.0.0.1:${upstreamPort}/v1` } });
      models.set(model, chat);
      for await (const part of await chat.stream(sentence)) if (part.content) socket.send(JSON.stringify({ type: 'token', text: part.content }));
      socket.send('{"type":"final"}');
    }),
  );
}

const children: ChildProcess[] = [];
const self = fileURLToPath(import.meta.url);
/** The product runs as it is shipped, in one bundle; the relays have little to load. */
const bundled = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
async function start(...args: (string | number)[]): Promise<{ port: number; pid: number }> {
  const program = args[0] === 'product' ? [`${bundled}product.mjs`, ...args.slice(1)] : [self, ...args];
  const child = spawn(process.execPath, program.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout! })) if (line.startsWith('up ')) return { port: Number(line.slice(3)), pid: child.pid! };
  throw new Error(`${args[0]} did not start`);
}

/** Processor time of a process in microseconds (ticks of 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

interface Stream {
  firstMs: number;
  words: number;
}
type Ask = (model: string) => Promise<Stream>;

function overHttp(port: number, headers: Record<string, string> = {}): Ask {
  return async (model) => {
    const from = us();
    const seen = { firstMs: 0, words: 0 };
    const response = await askUpstream(port, JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: sentence }] }), headers);
    return new Promise((resolve) =>
      eachDelta(
        response,
        () => void (seen.words++ || (seen.firstMs = (us() - from) / 1000)),
        () => resolve(seen),
      ),
    );
  };
}

/** One socket, kept open, one answer at a time. */
function overSocket(url: string, message: (model: string) => string, user = 'x'): Ask {
  let socket: Socket | undefined;
  return async (model) => {
    if (!socket) {
      const opening = new WebSocket(url, { perMessageDeflate: false, headers: { authorization: `Bearer ${user}` } });
      await new Promise((resolve, reject) => opening.once('open', resolve).once('error', reject));
      socket = opening;
    }
    const open = socket;
    const from = us();
    const seen = { firstMs: 0, words: 0 };
    return new Promise((resolve, reject) => {
      const hear = (data: unknown) => {
        const frame = JSON.parse(String(data)) as { type: string; text?: string; problem?: object };
        if (frame.type === 'token') {
          if (seen.words === 0) seen.firstMs = (us() - from) / 1000;
          seen.words += frame.text!.split('@ word ').length - 1;
        }
        if (frame.type === 'error') reject(new Error(JSON.stringify(frame.problem)));
        if (frame.type !== 'final') return;
        open.off('message', hear);
        resolve(seen);
      };
      open.on('message', hear);
      open.send(message(model));
    });
  };
}

const chatRequest = () => JSON.stringify({ type: 'request', request: { message: sentence, executionMode: 'direct', context } });

/** The gateway, once it has passed a whole answer on; undefined with the reason said. */
async function openPortkey(upstreamPort: number, model: string): Promise<{ pid: number; ask: Ask } | undefined> {
  try {
    const portkey = await startPortkey();
    children.push(portkey.process);
    const ask = overHttp(portkey.port, portkeyHeaders(upstreamPort));
    const { words } = await ask(model);
    if (words !== 10) throw new Error(`it passed ${words} of 10 words on`);
    return { pid: portkey.pid, ask };
  } catch (error) {
    say(`Portkey not measured: ${(error as Error).message}`);
    return undefined;
  }
}

/** Milliseconds to the first token, each asked in turn. */
async function firstTokens(asks: Record<string, Ask>, model: string): Promise<Record<string, number[]>> {
  const times = Object.fromEntries(Object.keys(asks).map((name): [string, number[]] => [name, []]));
  for (let round = -40; round < rounds * 10; round++) {
    for (const [name, ask] of Object.entries(asks)) {
      const { firstMs, words } = await ask(model);
      if (words !== 10) throw new Error(`${name} lost words: ${words}`);
      if (round >= 0) times[name]!.push(firstMs);
    }
  }
  return times;
}

const many = 50;

/** Microseconds of processor time a token, of one process after the other, with `many` streams through it at once. */
async function cpuPerToken(relays: Record<string, Relay>, model: string): Promise<Record<string, number[]>> {
  const cpu = Object.fromEntries(Object.keys(relays).map((name): [string, number[]] => [name, []]));
  for (let round = -3; round < rounds; round++) {
    for (const [name, { pid, asks }] of Object.entries(relays)) {
      const before = cpuOf(pid);
      const seen = await Promise.all(asks.map((ask) => ask(model)));
      if (seen.some(({ words }) => words !== 200)) throw new Error(`${name} lost words`);
      if (round >= 0) cpu[name]!.push((cpuOf(pid) - before) / (200 * many));
    }
  }
  return cpu;
}

interface Relay {
  readonly pid: number;
  readonly asks: readonly Ask[];
}

async function askAll(name: string, { asks }: Relay, model: string): Promise<void> {
  const seen = await Promise.all(asks.map((ask) => ask(model)));
  if (seen.some(({ words }) => words !== 200)) throw new Error(`${name} lost words`);
}

/** Milliseconds of the clock a stream, with all streams of a relay through it at full speed. */
function timePerStream(relays: Record<string, Relay>, model: string): Promise<Record<string, number[]>> {
  const contender = (name: string, relay: Relay) => async () => {
    const from = us();
    await askAll(name, relay, model);
    return (us() - from) / 1000 / relay.asks.length;
  };
  return inTurns(Object.fromEntries(Object.entries(relays).map(([name, relay]) => [name, contender(name, relay)])), rounds, 2);
}

const peakOf = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** MB that a process held at most, with all streams of a relay through it at once. */
function peaks(relays: Record<string, Relay>, model: string): Promise<Record<string, number[]>> {
  const contender = (name: string, relay: Relay) => async () => {
    // proc(5): 5 resets the peak to what is held now.
    writeFileSync(`/proc/${relay.pid}/clear_refs`, '5');
    await askAll(name, relay, model);
    return peakOf(relay.pid);
  };
  return inTurns(Object.fromEntries(Object.entries(relays).map(([name, relay]) => [name, contender(name, relay)])), 2, 0);
}

/** The goals bound the ratio to Portkey; beside the others, and without it, the figures are only shown. */
function linesOf(what: string, unit: string, figures: Record<string, number>, [now, aim]: readonly [number, number?]): Line[] {
  const product = figures['adiuva']!;
  const line = (name: string, goal: number | null, about: string): Line => ({ what: about, unit, product, peer: { name, value: figures[name]! }, goal });
  const portkey = figures['portkey'] === undefined ? [] : [line('portkey', now, what), ...(aim === undefined ? [] : [line('portkey', aim, '   the aim')])];
  const first: Line[] = portkey.length > 0 ? portkey : [{ what, unit, product, peer: null, goal: null }];
  return [...first, line('langchain', null, '   LangChain alone'), line('bare', null, '   a bare relay')];
}

async function main(): Promise<void> {
  const [paced, full, fast] = ['fake-10-2', 'fake-200-5', 'fake-200-0'];
  await bundleProgram({ product: 'tests/bench/chat-product.ts' }, bundled);
  const upstreamAt = await start('upstream');
  const portkey = await openPortkey(upstreamAt.port, paced);
  const [bareRelay, chainRelay, pacedApp, fullApp, fastApp] = [
    await start('bare', upstreamAt.port),
    await start('langchain', upstreamAt.port),
    await start('product', upstreamAt.port, paced),
    await start('product', upstreamAt.port, full),
    await start('product', upstreamAt.port, fast),
  ];
  const relay = ({ port }: { port: number }) => overSocket(`ws://127.0.0.1:${port}`, (model) => JSON.stringify({ model }));
  const app = ({ port }: { port: number }, user: string) => overSocket(`ws://127.0.0.1:${port}/api/v1/chat/stream`, chatRequest, user);
  const times = await firstTokens(
    {
      direct: overHttp(upstreamAt.port),
      bare: relay(bareRelay),
      langchain: relay(chainRelay),
      adiuva: app(pacedApp, 'one'),
      ...(portkey && { portkey: portkey.ask }),
    },
    paced,
  );
  // A user may have eight answers at once, so each stream is another user's.
  const manyOf = (ask: (index: number) => Ask, count = many) => Array.from({ length: count }, (_, index) => ask(index));
  const relaysAt = (count: number, own: { port: number; pid: number }): Record<string, Relay> => ({
    bare: { pid: bareRelay.pid, asks: manyOf(() => relay(bareRelay), count) },
    langchain: { pid: chainRelay.pid, asks: manyOf(() => relay(chainRelay), count) },
    adiuva: { pid: own.pid, asks: manyOf((index) => app(own, `user-${index}`), count) },
    ...(portkey && { portkey: { pid: portkey.pid, asks: manyOf(() => portkey.ask, count) } }),
  });
  const cpu = await cpuPerToken(relaysAt(many, fullApp), full);
  const perStream = await timePerStream(relaysAt(200, fastApp), fast);
  const memory = await peaks(relaysAt(500, fullApp), full);

  const base = median(times['direct']!);
  const added = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list) - base]));
  const medians = (samples: Record<string, number[]>) => Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]));
  const lines = [
    ...linesOf('R1 added time to first token, one stream', 'ms', added, [0.15, 0.05]),
    ...linesOf(`R2 processor time a token, ${many} streams of 200 tokens 5 ms apart`, 'µs', medians(cpu), [0.9, 0.55]),
    // A goal in streams a second, the other way round.
    ...linesOf('R3 time a stream, 200 at once at full speed', 'ms', medians(perStream), [1 / 1.1]),
    ...linesOf('R4 memory at most, 500 streams at once', 'MB', medians(memory), [0.45]),
  ];
  report('chat', lines, { rounds, load: loadavg(), firstTokenMs: times, cpuUsPerToken: cpu, msPerStream: perStream, peakMb: memory });
}

const port = Number(process.argv[3]);
if (role === 'upstream') upstream();
else if (role === 'bare') bare(port);
else if (role === 'langchain') await langchain(port);
else {
  try {
    await main();
  } finally {
    for (const child of children) child.kill();
  }
  process.exit(0);
}
