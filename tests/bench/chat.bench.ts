import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createApp } from '@adiuva/cloud/app.ts';
import type { Deps } from '@adiuva/cloud/deps.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { openModels } from '@adiuva/shared/models/models.ts';
import { median, say } from './measure.ts';

/**
 * What the chat route adds to a stream of tokens: the whole way (socket, guard, run kept for resuming, tool loop, leak guard, fallback chain, LangChain)
 * against the same upstream asked directly, a bare relay over `ws`, and a relay that holds nothing but LangChain. Every relay is a process of its own;
 * all are asked in turn within each round, and are warm before it counts. The upstream writes its clock into every chunk. `ROUNDS` (5) changes the size.
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
  server.listen(0, '127.0.0.1', 4096, () => say(`up ${(server.address() as AddressInfo).port}`));
}

const agent = new Agent({ keepAlive: true });
function askUpstream(port: number, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
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

/** The product, but for the database: a token is a user. One app a model, because the chain belongs to the configuration. */
async function product(upstreamPort: number, model: string): Promise<void> {
  const keys = { openai: { apiKey: 'x', baseUrl: `http://127.0.0.1:${upstreamPort}/v1` } };
  const models = openModels([{ provider: 'openai', name: model }], keys, { clock: systemClock, random: systemRandom, log: silentLog, fetch });
  const accounts = { authenticate: async () => ({ userId: 'u', sessionId: 's', tier: 'power' as const, seats: 1 }) };
  const rateLimit = async () => ({ limit: 1e9, remaining: 1e9, resetSeconds: 1, over: false });
  const config = { version: '0', trustedProxies: [] };
  const app = createApp({ config, clock: systemClock, random: systemRandom, log: silentLog, accounts, rateLimit, models } as unknown as Deps);
  say(`up ${new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port}`);
}

const children: ChildProcess[] = [];
async function start(...args: (string | number)[]): Promise<{ port: number; pid: number }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
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

function direct(port: number): Ask {
  return async (model) => {
    const from = us();
    const seen = { firstMs: 0, words: 0 };
    const response = await askUpstream(port, JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: sentence }] }));
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
function overSocket(url: string, message: (model: string) => string): Ask {
  let socket: Socket | undefined;
  return async (model) => {
    if (!socket) {
      const opening = new WebSocket(url, { perMessageDeflate: false, headers: { authorization: 'Bearer x' } });
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

async function main(): Promise<void> {
  const [paced, full] = ['fake-10-2', 'fake-200-5'];
  const peer = await start('upstream');
  const [bareRelay, chainRelay, pacedApp, fullApp] = [
    await start('bare', peer.port),
    await start('langchain', peer.port),
    await start('product', peer.port, paced),
    await start('product', peer.port, full),
  ];
  const socketUrl = (port: number, path = '') => `ws://127.0.0.1:${port}${path}`;
  const stream = '/api/v1/chat/stream';

  const first = {
    direct: direct(peer.port),
    bare: overSocket(socketUrl(bareRelay.port), (model) => JSON.stringify({ model })),
    langchain: overSocket(socketUrl(chainRelay.port), (model) => JSON.stringify({ model })),
    adiuva: overSocket(socketUrl(pacedApp.port, stream), chatRequest),
  };
  const times: Record<string, number[]> = { direct: [], bare: [], langchain: [], adiuva: [] };
  for (let round = -40; round < rounds * 10; round++) {
    for (const [name, ask] of Object.entries(first)) {
      const { firstMs, words } = await ask(paced);
      if (words !== 10) throw new Error(`${name} lost words: ${words}`);
      if (round >= 0) times[name]!.push(firstMs);
    }
  }
  const base = median(times['direct']!);
  const added = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list) - base]));
  say('R1  time to first token, one stream, added to asking the upstream directly');
  for (const [name, ms] of Object.entries(added)) say(`    ${name.padEnd(10)} ${(ms + base).toFixed(2)} ms  (+${ms.toFixed(2)})`);
  say(`    limit: bare. Portkey measured on its own: +27.5 ms; goal ≤ 4.1 ms now, ≤ 1.4 ms as the aim`);

  const many = 50;
  const relays = {
    bare: { pid: bareRelay.pid, asks: Array.from({ length: many }, () => overSocket(socketUrl(bareRelay.port), (model) => JSON.stringify({ model }))) },
    langchain: { pid: chainRelay.pid, asks: Array.from({ length: many }, () => overSocket(socketUrl(chainRelay.port), (model) => JSON.stringify({ model }))) },
    adiuva: { pid: fullApp.pid, asks: [] as Ask[] },
  };
  // A user may have eight answers at once; the stub gives every token the same user, so each socket takes its turn within that bound.
  relays.adiuva.asks = Array.from({ length: 8 }, () => overSocket(socketUrl(fullApp.port, stream), chatRequest));
  const cpu: Record<string, number[]> = { bare: [], langchain: [], adiuva: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, { pid, asks }] of Object.entries(relays)) {
      const before = cpuOf(pid);
      let words = 0;
      let left = many;
      await Promise.all(
        asks.map(async (ask) => {
          while (left-- > 0) {
            const seen = await ask(full);
            words += seen.words;
          }
        }),
      );
      if (round >= 0) cpu[name]!.push((cpuOf(pid) - before) / words);
    }
  }
  say(`R2  processor time of the relay a token, ${many} streams of 200 tokens 5 ms apart`);
  for (const [name, list] of Object.entries(cpu)) say(`    ${name.padEnd(10)} ${median(list).toFixed(1)} µs`);
  say('    Portkey measured on its own: 42 µs; goal ≤ 38 µs now, ≤ 23 µs as the aim');

  const out = fileURLToPath(new URL('../../bench/out/', import.meta.url));
  mkdirSync(out, { recursive: true });
  const results = {
    firstTokenMs: Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)])),
    addedMs: added,
    cpuUsPerToken: Object.fromEntries(Object.entries(cpu).map(([name, list]) => [name, median(list)])),
  };
  writeFileSync(`${out}chat.json`, `${JSON.stringify({ rounds, node: process.version, results }, null, 2)}\n`);
}

const port = Number(process.argv[3]);
if (role === 'upstream') upstream();
else if (role === 'bare') bare(port);
else if (role === 'langchain') await langchain(port);
else if (role === 'product') await product(port, process.argv[4]!);
else {
  try {
    await main();
  } finally {
    for (const child of children) child.kill();
  }
  process.exit(0);
}
