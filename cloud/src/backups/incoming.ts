import type { FastifyRequest } from 'fastify';
import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { watchPace } from '../http/slow-bodies.ts';

/** Bytes that are passed on at once: the network brings 64 KiB at a time, and each write to a disk wakes a thread. */
const pieceBytes = 512 * 1024;
/** Pieces that wait for the next upload: as many as one client sends at once, for two. */
const spareMost = 8;

/**
 * Reads the body of a request while it keeps its pace, in pieces of memory that is used again: what a piece holds is good until the next one is asked for.
 * @throws AdiuvaError `request.timeout` · `request.invalid` (it broke off)
 */
export function bodyReader(clock: Clock): (request: Pick<FastifyRequest, 'body' | 'raw'>) => AsyncGenerator<Uint8Array> {
  const spare: Uint8Array[] = [];
  return async function* incoming({ body, raw }) {
    if (!(body instanceof Readable)) throw new AdiuvaError('request.invalid', { detail: 'the body is not there' });
    const room = spare.pop() ?? new Uint8Array(pieceBytes);
    let filled = 0;
    try {
      for await (const chunk of paced(body, clock)) {
        for (let at = 0; at < chunk.byteLength;) {
          const part = chunk.subarray(at, at + room.byteLength - filled);
          room.set(part, filled);
          at += part.byteLength;
          filled += part.byteLength;
          if (filled < room.byteLength) continue;
          yield room;
          filled = 0;
        }
        if (raw instanceof IncomingMessage) release(chunk);
      }
      if (filled > 0) yield room.subarray(0, filled);
    } finally {
      if (spare.length < spareMost) spare.push(room);
    }
  };
}

/**
 * Gives the memory of a chunk back at once. The parser of HTTP makes each chunk in memory of its own, and left to the collector a few uploads would have it go
 * through the whole heap every time that some thirty megabytes came in, which takes longer than taking them in.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** @throws AdiuvaError `request.timeout` · `request.invalid` */
async function* paced(body: Readable, clock: Clock): AsyncGenerator<Uint8Array> {
  let seen = 0;
  let stalled: (error: AdiuvaError) => void = () => {};
  const stall = new Promise<never>((_resolve, reject) => (stalled = reject));
  stall.catch(() => {});
  const stop = watchPace(
    clock,
    () => seen,
    () => stalled(new AdiuvaError('request.timeout')),
  );
  const chunks = (body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await Promise.race([chunks.next(), stall]);
      if (done) return;
      seen += value.byteLength;
      yield value;
    }
  } catch (error) {
    throw error instanceof AdiuvaError ? error : new AdiuvaError('request.invalid', { detail: 'the body broke off', cause: error });
  } finally {
    stop();
  }
}
