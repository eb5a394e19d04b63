import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '@adiuva/cloud/app.ts';
import type { RunLog } from '@adiuva/cloud/adapters/run-log/run-log.ts';
import type { Deps } from '@adiuva/cloud/deps.ts';
import { serverFrame, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { ModelRequest } from '@adiuva/shared/models/model.ts';
import { scriptedModel, type ScriptedModel } from '@adiuva/shared/models/scripted.ts';

/** What every whole answer says, word by word, after it thought, looked and prepared a step. */
export const words = ['I ', 'prepared ', 'it: ', '“Bring milk” ', '— ', 'für ', '👋🏽 ', 'tomorrow.'];

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));
const aborted = (signal?: AbortSignal) => new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
const messageOf = ({ messages }: ModelRequest) => messages.findLast(({ role }) => role === 'user')?.content ?? '';

/** A model that holds its answer before the word whose number stands in the message after `#`, until `go`. */
export function holdable(): { model: ScriptedModel; go(): void } {
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const model = scriptedModel((request) => {
    if (request.schema) return { text: '{"agents":["task"],"confidence":1}' };
    if (request.messages.at(-1)!.role !== 'tool') return { toolCalls: [{ name: 'create_task', arguments: { title: 'Bring milk' } }] };
    const held = Number(/#(\d+)/.exec(messageOf(request))?.[1] ?? Number.NaN);
    const given = aborted(request.signal);
    return { text: words, gate: (piece) => (piece === held ? Promise.race([gate, given]) : breath()) };
  });
  return { model, go };
}

export interface Instance {
  readonly port: number;
  readonly model: ScriptedModel;
  go(): void;
  /** Breaks every socket, as a network does. */
  cut(): void;
  /** Connections there are. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** One instance of the service but for accounts (a token is the name of its user), on a log of runs that it does not close. */
export async function startInstance(runLog: RunLog, port = 0): Promise<Instance> {
  const { model, go } = holdable();
  const accounts = { authenticate: async (token: string) => ({ userId: token, sessionId: 's', tier: 'power' as const, seats: 1 }) };
  const rateLimit = async () => ({ limit: 1e9, remaining: 1e9, resetSeconds: 1, over: false });
  const config = { version: '0', trustedProxies: [] };
  const deps = { config, clock: systemClock, random: systemRandom, log: silentLog, accounts, rateLimit, runLog, models: model };
  const app = createApp(deps as unknown as Deps);
  await app.listen({ host: '127.0.0.1', port });
  return {
    port: (app.server.address() as AddressInfo).port,
    model,
    go,
    cut() {
      for (const socket of app.websocketServer.clients) socket.terminate();
      app.server.closeAllConnections();
    },
    connections: () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count))),
    close: () => app.close(),
  };
}

/** One stretch of connection: frames as they come, until it breaks or the run ends. */
export interface Stretch {
  /** The next frame, or null when there will be none. */
  next(): Promise<ServerFrame | null>;
  leave(): void;
}

/** Where a stretch begins: with the request, or after a frame of it. */
export interface Place {
  readonly port: number;
  readonly user: string;
  readonly request: { readonly requestId: string };
  /** Absent: asks. */
  readonly afterSeq?: number;
}

export type Wire = (place: Place) => Promise<Stretch>;

/** Hands over what arrives to who asks for it. */
function inbox() {
  const frames: ServerFrame[] = [];
  let ended = false;
  let wake = () => {};
  return {
    put: (frame: ServerFrame) => (frames.push(frame), wake()),
    end: () => ((ended = true), wake()),
    async next() {
      while (frames.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      return frames.shift() ?? null;
    },
  };
}

const isLast = ({ type }: ServerFrame) => type === 'final' || type === 'error';

export const overSocket: Wire = async ({ port, user, request, afterSeq }) => {
  const box = inbox();
  // Node's own client takes headers, which the type of browsers does not know.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/chat/stream`, { headers: { authorization: `Bearer ${user}` } } as never);
  const { requestId } = request;
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify(afterSeq === undefined ? { type: 'request', request } : { type: 'resume', requestId, afterSeq })),
  );
  socket.addEventListener('message', ({ data }) => {
    const frame = serverFrame.parse(JSON.parse(String(data)));
    if (frame.type !== 'ping') box.put(frame);
    if (isLast(frame)) socket.close();
  });
  socket.addEventListener('close', box.end);
  socket.addEventListener('error', box.end);
  return { next: box.next, leave: () => socket.close() };
};

export const overEvents: Wire = async ({ port, user, request, afterSeq }) => {
  const box = inbox();
  const headers = { authorization: `Bearer ${user}`, accept: 'text/event-stream' };
  const options =
    afterSeq === undefined
      ? { method: 'POST', path: '/api/v1/chat', headers: { ...headers, 'content-type': 'application/json' } }
      : { path: `/api/v1/chat/runs/${request.requestId}`, headers: { ...headers, 'last-event-id': String(afterSeq) } };
  const asked = httpRequest({ host: '127.0.0.1', port, agent: false, ...options }, (answer) => void readEvents(answer, box));
  asked.on('error', box.end);
  asked.end(afterSeq === undefined ? JSON.stringify(request) : undefined);
  return { next: box.next, leave: () => asked.destroy() };
};

async function readEvents(answer: IncomingMessage, { put, end }: ReturnType<typeof inbox>): Promise<void> {
  let text = '';
  try {
    for await (const part of answer.setEncoding('utf8')) {
      const blocks = (text + String(part)).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const frame = serverFrame.parse(JSON.parse(/^data: (.*)$/m.exec(block)![1]!));
        if (frame.type !== 'ping') put(frame);
      }
    }
    // A refusal is a document instead of events.
    if (answer.statusCode !== 200) put({ seq: 1, requestId: '', type: 'error', problem: JSON.parse(text) });
  } catch {
    // The connection broke.
  }
  end();
}
