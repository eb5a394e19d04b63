import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { memoryRunLog } from '@adiuva/cloud/adapters/run-log/memory.ts';
import { redisRunLog } from '@adiuva/cloud/adapters/run-log/redis.ts';
import type { RunLog } from '@adiuva/cloud/adapters/run-log/run-log.ts';
import type { ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { redisMissing, startRedis } from '../world/servers/redis.ts';
import { overEvents, overSocket, startInstance, words, type Instance, type Stretch, type Wire } from '../world/streams.ts';

/** Every frame of an answer is a place where its connection breaks; the reader goes on elsewhere, and has the same answer in the end. */

const noRedis = redisMissing();
const wires = { WebSocket: overSocket, 'event stream': overEvents } as const;
const wireNames = Object.keys(wires) as (keyof typeof wires)[];
const context = { userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } };

/** `start`, `thinking`, `action`; then the words, `plan` and `final`. */
const before = 3;
const whole = before + words.length + 2;
const cuts = Array.from({ length: whole + 1 }, (_, cut) => cut);

let asked = 0;
/** A request of a user of its own. With `held` the model stops once that many frames are out, until it is told to go on. */
function question(held?: number) {
  const number = ++asked;
  const word = held === undefined ? 'x' : Math.max(0, held - before);
  const message = `Add a task: bring milk #${word}`;
  return { user: `user-${number}`, request: { requestId: `request-${number}`, sessionId: 'session-1', message, executionMode: 'plan', context } };
}

const textOf = (frames: readonly ServerFrame[]) => frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');
const finalText = (frames: readonly ServerFrame[]) => {
  const last = frames.at(-1);
  return last?.type === 'final' ? last.response.response : last;
};

async function take(stretch: Stretch, count: number): Promise<ServerFrame[]> {
  const frames: ServerFrame[] = [];
  while (frames.length < count) {
    const frame = await stretch.next();
    if (!frame) throw new Error(`the connection ended after ${frames.length} of ${count} frames`);
    frames.push(frame);
  }
  return frames;
}

async function rest(stretch: Stretch): Promise<ServerFrame[]> {
  const frames: ServerFrame[] = [];
  for (let frame = await stretch.next(); frame; frame = await stretch.next()) frames.push(frame);
  return frames;
}

const mayBeAskedAgain = (frame: ServerFrame | undefined) => frame?.type === 'error' && ['chat.interrupted', 'chat.run_not_found'].includes(frame.problem.code);

interface Reader {
  readonly wire: Wire;
  readonly cut: number;
  readonly user: string;
  readonly request: ReturnType<typeof question>['request'];
  /** What it has seen. */
  frames: ServerFrame[];
  stretch: Stretch;
  /** How often the answer began from its first frame. */
  beginnings: number;
}

/** Asks, and reads on until `cut` frames are there. */
async function readUntil(cut: number, wire: Wire, { port }: { port: number }, hold = false): Promise<Reader> {
  const { user, request } = question(hold ? cut : undefined);
  const stretch = await wire({ port, user, request });
  // A run that nobody has seen anything of has still to have begun.
  const frames = await take(stretch, Math.max(1, cut));
  return { wire, cut, user, request, frames: frames.slice(0, cut), stretch, beginnings: 1 };
}

/** As a client does: resumes where it was; when that answer is void, asks the same again and begins from its first frame. */
async function goOn(reader: Reader, { port }: { port: number }): Promise<void> {
  const { wire, user, request } = reader;
  reader.stretch.leave();
  if (reader.frames.at(-1)?.type === 'final') return;
  const more = await rest(await wire({ port, user, request, afterSeq: reader.frames.length }));
  if (!mayBeAskedAgain(more.at(-1))) return void reader.frames.push(...more);
  expect(more.map(({ seq }) => seq).slice(0, -1)).toEqual(more.slice(0, -1).map((_, index) => reader.frames.length + index + 1));
  reader.beginnings++;
  reader.frames = await rest(await wire({ port, user, request }));
}

/** No gap, nothing twice, and the same words in the frames and in the end. */
function expectWhole({ cut, frames }: Reader): void {
  expect([cut, frames.map(({ seq }) => seq)]).toEqual([cut, frames.map((_, index) => index + 1)]);
  expect([cut, textOf(frames), finalText(frames)]).toEqual([cut, words.join(''), words.join('')]);
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
async function instance(log: RunLog, port?: number): Promise<Instance> {
  const started = await startInstance(log, port);
  closing.push(() => started.close());
  return started;
}

it('the answer has all kinds of frames', async () => {
  const log = memoryRunLog({ clock: systemClock });
  const { frames } = await readUntil(whole, overSocket, await instance(log));
  expect(frames.map(({ type }) => type)).toEqual(['start', 'thinking', 'action', ...words.map(() => 'token'), 'plan', 'final']);
});

describe.each(wireNames)('a %s that breaks at every frame', (name) => {
  const wire = wires[name];

  it('goes on at the same instance, in memory, and the model is asked once', async () => {
    const log = memoryRunLog({ clock: systemClock });
    const here = await instance(log);
    for (const cut of cuts) {
      const reader = await readUntil(cut, wire, here);
      here.cut();
      await goOn(reader, here);
      expectWhole(reader);
      expect(reader.beginnings).toBe(1);
    }
    expect(here.model.requests.filter(({ tools }) => tools)).toHaveLength(2 * cuts.length);
  });

  it('has the same words after a restart of an instance that had them in memory alone', async () => {
    const [old, fresh] = [memoryRunLog({ clock: systemClock }), memoryRunLog({ clock: systemClock })];
    const here = await startInstance(old);
    const readers = await Promise.all(cuts.map((cut) => readUntil(cut, wire, here, true)));
    here.cut();
    // Who is still there gets the answer to its end, and would not need another.
    await expect.poll(() => here.connections()).toBe(0);
    await here.close();
    const again = await instance(fresh, here.port);
    again.go();
    await Promise.all(readers.map((reader) => goOn(reader, again)));
    for (const reader of readers) expectWhole(reader);
  });
});

describe.skipIf(noRedis)(`behind Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  const leaseMs = 3_000;
  const children: ChildProcess[] = [];
  const openLog = () => {
    const limits = { leaseMs, beatMs: leaseMs / 4, lookMs: 100 };
    const log = redisRunLog({ url: server.url, clock: systemClock, random: systemRandom, log: silentLog, limits });
    closing.push(() => log.close());
    return log;
  };
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.stop();
  });

  async function startProcess(): Promise<{ child: ChildProcess; port: number }> {
    const script = fileURLToPath(new URL('../world/streams-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, server.url, String(leaseMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout! })) if (line.startsWith('ready ')) return { child, port: Number(line.slice(6)) };
    throw new Error('the instance did not start');
  }

  it.each(wireNames)('a %s that breaks at every frame goes on at another instance, with the same frames, and the model is asked once', async (name) => {
    const [here, there] = [await instance(openLog()), await instance(openLog())];
    for (const cut of cuts) {
      const reader = await readUntil(cut, wires[name], here);
      here.cut();
      await goOn(reader, cut % 3 === 2 ? here : there);
      expectWhole(reader);
      const again: Reader = { ...reader, frames: [] };
      await goOn(again, cut % 3 === 2 ? there : here);
      expect([again.frames, reader.beginnings, again.beginnings]).toEqual([reader.frames, 1, 1]);
    }
    expect(here.model.requests.filter(({ tools }) => tools)).toHaveLength(2 * cuts.length);
    expect(there.model.requests).toEqual([]);
  });

  it('the same request at the same time, at both, is one answer', async () => {
    const both = [await instance(openLog()), await instance(openLog())];
    const { user, request } = question();
    const answers = await Promise.all(
      [...both, ...both, ...both].map(async ({ port }, index) => rest(await wires[wireNames[index % 2]!]({ port, user, request }))),
    );
    for (const frames of answers) expect(frames).toEqual(answers[0]);
    expect(finalText(answers[0]!)).toBe(words.join(''));
    expect(both.flatMap(({ model }) => model.requests).filter(({ tools }) => tools)).toHaveLength(2);
  });

  it('an answer is stopped at the instance that does not make it', async () => {
    const [here, there] = [await instance(openLog()), await instance(openLog())];
    const reader = await readUntil(5, overSocket, here, true);
    const { user, request } = reader;
    const stop = await fetch(`http://127.0.0.1:${there.port}/api/v1/chat/runs/${request.requestId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${user}` },
    });
    expect(await stop.json()).toMatchObject({ state: 'cancelled', lastSeq: 6, text: words.slice(0, 2).join(''), problem: { code: 'chat.cancelled' } });
    expect(await rest(reader.stretch)).toMatchObject([{ seq: 6, type: 'error', problem: { code: 'chat.cancelled' } }]);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('%s to the instance, at every frame of answers on both wires, leaves the same words', async (signal) => {
    const [dying, there] = [await startProcess(), await instance(openLog())];
    there.go();
    const readers = await Promise.all(wireNames.flatMap((name) => cuts.map((cut) => readUntil(cut, wires[name], dying, true))));
    const exited = once(dying.child, 'exit');
    dying.child.kill(signal);
    if (signal === 'SIGKILL') await exited;
    await Promise.all(readers.map((reader) => goOn(reader, there)));
    for (const reader of readers) expectWhole(reader);
    const begunAnew = readers.filter(({ beginnings }) => beginnings > 1).map(({ cut }) => cut);
    // An instance that is told to stop lets answers come to their end; one that was killed cannot.
    if (signal === 'SIGTERM') expect([begunAnew, await exited]).toEqual([[], [0, null]]);
    else expect(new Set(begunAnew)).toEqual(new Set(cuts.filter((cut) => cut < before + words.length)));
  });
});
