import { EventEmitter } from 'node:events';
import type { WebSocket } from '@fastify/websocket';
import { describe, expect, it } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { Run } from '../adapters/run-log/run-log.ts';
import { serveSocket, socketLimits } from './socket.ts';

/** A socket whose reader takes nothing until told. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  sent: string[] = [];
  pings = 0;
  ended = '';
  #written: (() => void)[] = [];

  send(text: string, written?: () => void): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
    if (written) this.#written.push(written);
  }
  ping(): void {
    this.pings++;
  }
  close(code: number): void {
    this.readyState = 3;
    this.ended = `closed ${code}`;
    this.emit('close');
  }
  terminate(): void {
    this.readyState = 3;
    this.ended = 'terminated';
    this.emit('close');
  }
  /** The reader catches up. */
  drain(): void {
    this.bufferedAmount = 0;
    for (const written of this.#written.splice(0)) written();
  }
}

/** A run with many frames that is still going on. */
function longRun(frames: number): Run & { grow(count: number): void; watchers: Set<() => void> } {
  const watchers = new Set<() => void>();
  const run = {
    userId: 'alice',
    requestId: 'request-1',
    state: 'running' as Run['state'],
    lastSeq: frames,
    frame: (seq: number) => `${seq}:${'x'.repeat(1_000)}`,
    watchers,
    watch: (changed: () => void) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    ended: () => new Promise<void>(() => {}),
    cancel: async () => {},
    grow(count: number) {
      run.lastSeq += count;
      for (const changed of watchers) changed();
    },
  };
  return run;
}

async function serve(run: Run) {
  const clock = manualClock();
  const socket = new SlowSocket();
  const caller = { userId: 'alice', sessionId: 's', tier: 'free' as const, seats: 1 };
  const chat = { find: async () => run, begin: async () => run, close: async () => {} };
  const rateLimit = async () => ({ limit: 1, remaining: 1, resetSeconds: 1, over: false });
  serveSocket(
    socket as unknown as WebSocket,
    { chat, authenticate: async () => caller, rateLimit, clock, log: silentLog, limits: { queued: 10_000 } },
    { caller, token: 't' },
  );
  socket.emit('message', Buffer.from('{"type":"resume","requestId":"request-1","afterSeq":0}'), false);
  await new Promise((resolve) => setImmediate(resolve));
  return { clock, socket };
}

describe('a slow reader', () => {
  it('gets what it takes and no more piles up for it, and nothing is lost', async () => {
    const run = longRun(1_000);
    const { socket } = await serve(run);
    expect(socket.bufferedAmount).toBeLessThan(13_000);
    run.grow(1_000);
    expect(socket.bufferedAmount).toBeLessThan(13_000);
    while (socket.sent.length < 2_000) socket.drain();
    expect(socket.sent.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
  });

  it('is let go when it gives no sign of life for a minute, and then not followed any more', async () => {
    const run = longRun(1_000);
    const { clock, socket } = await serve(run);
    await clock.advance(socketLimits.silentMs);
    expect([socket.ended, socket.pings]).toEqual(['', 3]);
    await clock.advance(socketLimits.tickMs);
    expect([socket.ended, run.watchers.size, clock.pending()]).toEqual(['terminated', 0, 0]);
  });

  it('lives when it only answers pings', async () => {
    const { clock, socket } = await serve(longRun(1));
    for (let i = 0; i < 10; i++) {
      await clock.advance(socketLimits.tickMs);
      socket.emit('pong');
    }
    expect([socket.ended, socket.pings]).toEqual(['', 10]);
  });
});
