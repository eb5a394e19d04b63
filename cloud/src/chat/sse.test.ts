import { describe, expect, it } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { memoryRunLog } from '../adapters/run-log/memory.ts';
import type { RunEnd, RunWriter } from '../adapters/run-log/run-log.ts';
import { sseFrames, sseLimits } from './sse.ts';

const done: RunEnd = { state: 'done', again: false };
const text = (seq: number) => `${seq}:${'x'.repeat(1_000)}`;
const event = (seq: number) => `id: ${seq}\ndata: ${text(seq)}\n\n`;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function world(frames: number) {
  const clock = manualClock();
  const log = memoryRunLog({ clock });
  const claim = await log.claim({ userId: 'alice', requestId: 'request-1', fingerprint: 'f' });
  const run = (claim as { begun: RunWriter }).begun;
  const grow = (count: number, end?: RunEnd) => {
    for (let index = 1; index <= count; index++) run.append(text(run.lastSeq + 1), index === count ? end : undefined);
  };
  grow(frames);
  return { clock, run, grow, stream: sseFrames(run, 0, clock), close: () => log.close() };
}

describe('an event stream', () => {
  it('holds a little for a slow reader however much comes, and loses nothing', async () => {
    const { stream, grow, run } = await world(1_000);
    let heard = String(stream.read(10) ?? '');
    await turn();
    grow(1_000, done);
    await turn();
    expect(stream.readableLength).toBeLessThan(3 * sseLimits.queued);
    for await (const part of stream.setEncoding('utf8')) heard += String(part);
    expect(heard).toBe(Array.from({ length: 2_000 }, (_, index) => event(index + 1)).join(''));
    expect(run.awaited).toBe(false);
  });

  it('lets a reader go that takes nothing for a minute, and the run goes on', async () => {
    const { stream, clock, run, grow, close } = await world(1_000);
    stream.read(10);
    await turn();
    await clock.advance(sseLimits.pingMs * sseLimits.silentTicks - 1);
    expect([stream.destroyed, run.awaited]).toEqual([false, true]);
    await clock.advance(1);
    expect([stream.destroyed, run.awaited, run.state]).toEqual([true, false, 'running']);
    grow(1, done);
    await close();
    expect(clock.pending()).toBe(0);
  });

  it('keeps a reader that takes a little at a time', async () => {
    const { stream, clock, close } = await world(1_000);
    for (let tick = 0; tick < 20; tick++) {
      stream.read(sseLimits.queued);
      await turn();
      await clock.advance(sseLimits.pingMs);
    }
    expect(stream.destroyed).toBe(false);
    stream.destroy();
    await close();
  });

  it('pings while there is nothing to say, without a number of its own', async () => {
    const { stream, clock, grow, close } = await world(1);
    const heard: string[] = [];
    stream.setEncoding('utf8').on('data', (part: string) => heard.push(part));
    await turn();
    for (let tick = 0; tick < 6; tick++) {
      await clock.advance(sseLimits.pingMs);
      await turn();
    }
    grow(1, done);
    await turn();
    const ping = 'data: {"seq":1,"requestId":"request-1","type":"ping"}\n\n';
    expect(heard).toEqual([event(1), ping, ping, ping, ping, ping, ping, event(2)]);
    expect(stream.destroyed).toBe(true);
    await close();
    expect(clock.pending()).toBe(0);
  });

  it('forgets the run at once when its reader leaves', async () => {
    const { stream, run, close } = await world(1);
    stream.resume();
    await turn();
    stream.destroy();
    await turn();
    expect(run.awaited).toBe(false);
    await close();
  });
});
