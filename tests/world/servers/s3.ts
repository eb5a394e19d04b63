import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, request as forward, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { temporaryFolder } from './process.ts';

/** The part of s3rver, which has no types, that is used here. */
interface S3Rver {
  callback(): RequestListener;
  configureBuckets(): Promise<unknown>;
  readonly store: { existsObject(bucket: string, key: string): Promise<boolean> };
  readonly logger: { exceptions: { unhandle(): void }; close(): void };
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3Rver;

export interface S3Server {
  /** What `openS3Blobs` takes. */
  readonly options: { bucket: string; region: string; endpoint: string; forcePathStyle: true; accessKeyId: string; secretAccessKey: string };
  /** The object's bytes as the store has them. */
  readonly folder: string;
  stop(): Promise<void>;
}

const bucket = 'adiuva-test';

/**
 * An S3 peer on a free port. In front of s3rver stands a gate for what S3 does and s3rver does not: an upload counts when it is whole,
 * `If-None-Match: *` answers 412 where there is something, and a signed address is good for the request that was signed alone.
 */
export async function startS3(): Promise<S3Server> {
  replaceDes();
  const folder = temporaryFolder('s3');
  const peer = new S3rver({ directory: folder, silent: true, configureBuckets: [{ name: bucket }], vhostBuckets: false });
  await peer.configureBuckets();
  const inner = await listening(createServer(peer.callback()));
  const outer = await listening(createServer(gate(peer, inner.port)));
  return {
    folder,
    options: {
      bucket,
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${outer.port}`,
      forcePathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: secret,
    },
    stop: async () => {
      await Promise.all([outer.stop(), inner.stop()]);
      peer.logger.exceptions.unhandle();
      peer.logger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(server: Server): Promise<{ port: number; stop(): Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** s3rver scrambles the tokens of its lists with DES, which OpenSSL took out. What stands in is of no matter as long as it is undone again. */
function replaceDes(): void {
  const crypto = createRequire(import.meta.url)('node:crypto') as Record<string, (name: string, ...rest: unknown[]) => unknown>;
  const [key, iv] = [Buffer.alloc(32, 7), Buffer.alloc(16, 7)];
  for (const [name, replacement] of [
    ['createCipheriv', createCipheriv],
    ['createDecipheriv', createDecipheriv],
  ] as const) {
    const original = crypto[name]!;
    crypto[name] = (algorithm, ...rest) => (algorithm === 'des' ? replacement('aes-256-cbc', key, iv) : original(algorithm, ...rest));
  }
}

function gate(peer: S3Rver, port: number): RequestListener {
  const turns = new Map<string, Promise<void>>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await wholeBody(request);
    if (request.url?.includes('X-Amz-Signature=') && !isSigned(request)) return void response.writeHead(403).end();
    const [, name = '', ...key] = decodeURIComponent((request.url ?? '').split('?')[0]!).split('/');
    const taken = request.headers['if-none-match'] === '*' && (await peer.store.existsObject(name, key.join('/')));
    if (taken) return void response.writeHead(412, { 'content-type': 'application/xml' }).end(preconditionFailed);
    await pass(request, response, body, port);
  };
  return (request, response) => {
    if (request.method !== 'PUT') return void answer(request, response).catch(() => response.destroy());
    // One at a time for each object: between the question and the write nobody else may write.
    const turn = (turns.get(request.url!) ?? Promise.resolve()).then(() => answer(request, response)).catch(() => void response.destroy());
    turns.set(request.url!, turn);
  };
}

const secret = 'S3RVER';

/** Signature version 4 in the query (docs.aws.amazon.com, "Authenticating Requests: Using Query Parameters"), written from the description alone. */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const [path = '', query = ''] = (url ?? '').split('?');
  const pairs = query.split('&');
  const value = (name: string) => decodeURIComponent(pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '');
  const [date, signed, scope] = [value('X-Amz-Date'), value('X-Amz-SignedHeaders'), value('X-Amz-Credential').split('/').slice(1)];
  const made = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - made) <= Number(value('X-Amz-Expires')) * 1000)) return false;
  const unsigned = pairs.filter((pair) => !pair.startsWith('X-Amz-Signature=')).sort();
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const canonical = [method, path, unsigned.join('&'), lines.join(''), signed, 'UNSIGNED-PAYLOAD'].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = scope.reduce<Buffer>((above, part) => createHmac('sha256', above).update(part).digest(), Buffer.from(`AWS4${secret}`));
  return createHmac('sha256', key).update(text).digest('hex') === value('X-Amz-Signature');
}

const preconditionFailed =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>PreconditionFailed</Code><Message>At least one of the preconditions did not hold</Message></Error>';

/** Rejects when the sender goes away before the end. */
async function wholeBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function pass({ method, url, headers }: IncomingMessage, response: ServerResponse, body: Buffer, port: number): Promise<void> {
  const onward = forward({ host: '127.0.0.1', port, method, path: url, headers, agent: false }).end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode!, answer.headers);
  await pipeline(answer, response);
}
