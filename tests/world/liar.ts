import { once } from 'node:events';
import { createServer, request as forward, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What stands for an answer of the cloud. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * What the proxy does in the place of passing a request on. `cut`: breaks the connection before anything is passed on, in the middle of the request's body, in the
 * middle of the answer, or when all was done and only the answer is missing.
 */
export type Lie =
  | { readonly cut: 'before' | 'in the request' | 'in the answer' | 'after' }
  | { readonly change: (answer: Answer) => Answer }
  | { readonly say: Answer }
  /** A body without an end, as fast as it is taken. */
  | { readonly endless: number; readonly headers?: IncomingHttpHeaders }
  /** A byte, and then nothing. */
  | { readonly silent: true };

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Of the request. */
  readonly bytes: number;
  status: number;
}

/** A proxy in front of the cloud that lies when it is told to. */
export interface Liar {
  readonly url: string;
  readonly asked: Asked[];
  /** Asked for every request, in order; null passes it on. */
  lie(rule: ((request: { method: string; path: string; number: number }) => Lie | null) | null): void;
  aim(port: number): void;
  close(): Promise<void>;
}

export async function createLiar(target: number): Promise<Liar> {
  let port = target;
  let rule: Parameters<Liar['lie']>[0] = null;
  let number = 0;
  const asked: Asked[] = [];

  async function pass(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const onward = forward({ host: '127.0.0.1', port, method: request.method, path: request.url, headers: { ...request.headers, connection: 'close' } });
    // It may answer before it has read everything, and close.
    onward.on('error', () => undefined);
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]!.replace('/api/v1', '');
    const lie = rule?.({ method: request.method!, path, number: number++ }) ?? null;
    if (lie && 'cut' in lie && lie.cut === 'before') return void request.socket.destroy();
    if (lie && 'cut' in lie && lie.cut === 'in the request') {
      request.once('data', () => request.socket.destroy());
      request.once('end', () => request.socket.destroy());
      return void request.resume();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const entry: Asked = { method: request.method!, path, bytes: body.length, status: 0 };
    asked.push(entry);
    if (lie && 'endless' in lie) return await withoutEnd(response, lie);
    if (lie && 'silent' in lie) return void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{');
    const answer = lie && 'say' in lie ? lie.say : await pass(request, body);
    entry.status = answer.status;
    const told = lie && 'change' in lie ? lie.change(answer) : answer;
    if (lie && 'cut' in lie && lie.cut === 'after') return void request.socket.destroy();
    const { 'transfer-encoding': _, connection: __, ...headers } = told.headers;
    response.writeHead(told.status, {
      'content-length': String(told.body.length),
      ...headers,
      ...(lie && 'change' in lie && { 'content-length': String(told.body.length) }),
    });
    if (lie && 'cut' in lie) return void response.write(told.body.subarray(0, Math.floor(told.body.length / 2)), () => request.socket.destroy());
    const short = Number(told.headers['content-length'] ?? 0) > told.body.length && !(lie && 'change' in lie);
    if (short) return void response.write(told.body, () => request.socket.destroy());
    response.end(told.body);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    lie(next) {
      rule = next;
      number = 0;
    },
    aim: (next) => void (port = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function withoutEnd(response: ServerResponse, { endless: status, headers }: { endless: number; headers?: IncomingHttpHeaders }): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const spring = new Readable({ read: () => void spring.push(chunk) });
  await pipeline(spring, response).catch(() => undefined);
}

export const json = (value: unknown, status = 200): Lie => ({
  say: { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) },
});

/** Changes the JSON of an answer. */
export const rewritten = (work: (data: never) => unknown): Lie => ({
  change: (answer) => ({ ...answer, body: Buffer.from(JSON.stringify(work(JSON.parse(answer.body.toString('utf8')) as never))) }),
});
