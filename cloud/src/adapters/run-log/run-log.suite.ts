import { expect, it } from 'vitest';
import type { Run, RunEnd, RunLog, RunOrder, RunWriter } from './run-log.ts';

const done: RunEnd = { state: 'done', again: false };
const mayPass: RunEnd = { state: 'failed', again: true };

let count = 0;
/** An order of its own, of a user of its own unless told. */
export const order = (more: Partial<RunOrder> = {}): RunOrder => {
  const number = String(++count);
  return { userId: `user-${number}`, requestId: `request-${number}`, fingerprint: 'f', ...more };
};

export async function begun(log: RunLog, wanted: RunOrder): Promise<RunWriter> {
  const claim = await log.claim(wanted);
  if (!('begun' in claim)) throw new Error('it was begun before');
  return claim.begun;
}

export async function found(log: RunLog, wanted: RunOrder): Promise<Run> {
  const run = await log.find(wanted);
  if (!run) throw new Error('it is not there');
  return run;
}

/** Where a run stands with the frames `a`, `b`, … of `at`. */
export const frame = (seq: number): string => JSON.stringify({ seq, text: 'é👋🏽\u0000\ud83d'.slice(0, seq) });
export const seen = (run: Run): string[] => Array.from({ length: run.lastSeq }, (_, index) => run.frame(index + 1));
const frames = (length: number) => Array.from({ length }, (_, index) => frame(index + 1));

/** Resolves when `run` shows `lastSeq` frames; the machine may be slow. */
export async function reaches(run: Run, lastSeq: number): Promise<void> {
  const leave = run.watch(() => {});
  await expect.poll(() => run.lastSeq, { timeout: 15_000, interval: 10 }).toBe(lastSeq);
  leave();
}

/** What every log has to do, seen from the process that makes a run (`here`) and from another that has to do with it (`there`). */
export function runLogSuite(open: () => { here: RunLog; there: RunLog }): void {
  it('shows the frames as they come, the same bytes on both sides', async () => {
    const { here, there } = open();
    const wanted = order();
    const run = await begun(here, wanted);
    for (const seq of [1, 2, 3]) run.append(frame(seq));
    await reaches(run, 3);
    const other = await found(there, wanted);
    expect([seen(other), other.state]).toEqual([frames(3), 'running']);
    run.append(frame(4));
    run.append(frame(5), done);
    await Promise.all([run.ended(), other.ended()]);
    expect([seen(run), seen(other), run.state, other.state]).toEqual([frames(5), frames(5), 'done', 'done']);
    expect(seen(await found(there, wanted))).toEqual(frames(5));
  });

  it('tells watchers of what is new until they leave', async () => {
    const { here, there } = open();
    const wanted = order();
    const run = await begun(here, wanted);
    const other = await found(there, wanted);
    let told = 0;
    const leave = other.watch(() => void told++);
    run.append(frame(1));
    await expect.poll(() => [other.lastSeq, told], { timeout: 15_000 }).toEqual([1, 1]);
    leave();
    run.append(frame(2), done);
    await run.ended();
    expect(told).toBe(1);
  });

  it('begins one run of many equal orders at the same time, on whichever side', async () => {
    const { here, there } = open();
    for (let round = 0; round < 20; round++) {
      const wanted = order();
      const claims = await Promise.all([here, there, here, there, there, here].map((log) => log.claim(wanted)));
      const [first, ...others] = claims.filter((claim) => 'begun' in claim);
      expect(others).toEqual([]);
      first!.begun.append(frame(1), done);
      for (const claim of claims) {
        const run = 'known' in claim ? claim.known : claim.begun;
        await run.ended();
        expect(seen(run)).toEqual(frames(1));
      }
    }
  });

  it('refuses the id of another request, and keeps users apart', async () => {
    const { here, there } = open();
    const wanted = order();
    (await begun(here, wanted)).append(frame(1), done);
    for (const log of [here, there]) {
      await expect(log.claim({ ...wanted, fingerprint: 'g' })).rejects.toMatchObject({ code: 'chat.request_reused' });
      expect(await log.find({ ...wanted, userId: 'mallory' })).toBeNull();
      expect(await log.find({ ...wanted, requestId: `${wanted.requestId}:frames` })).toBeNull();
    }
    expect(await there.claim({ ...wanted, userId: `${wanted.userId}-too`, fingerprint: 'g' })).toHaveProperty('begun');
  });

  it('begins anew what failed and may pass, and nothing else', async () => {
    const { here, there } = open();
    for (const [end, again] of [
      [mayPass, true],
      [{ state: 'failed', again: false }, false],
      [{ state: 'cancelled', again: false }, false],
      [done, false],
    ] as const) {
      const wanted = order();
      const first = await begun(here, wanted);
      first.append(frame(1));
      first.append(frame(2), end);
      await first.ended();
      const claim = await there.claim(wanted);
      expect([end, 'begun' in claim]).toEqual([end, again]);
      if (!('begun' in claim)) continue;
      claim.begun.append(frame(1), done);
      await claim.begun.ended();
      for (const log of [here, there]) expect(seen(await found(log, wanted))).toEqual(frames(1));
    }
  });

  it('has a run cancelled by whoever reads it, through whoever makes it', async () => {
    const { here, there } = open();
    const wanted = order();
    const run = await begun(here, wanted);
    run.stop = (why) => run.append(JSON.stringify(why), { state: 'cancelled', again: false });
    const other = await found(there, wanted);
    await other.cancel();
    expect([other.state, seen(other)]).toEqual(['cancelled', ['"cancelled"']]);
    await other.cancel();
    await run.cancel();
    expect(seen(run)).toEqual(['"cancelled"']);
  });

  it('takes nothing after the end', async () => {
    const { here, there } = open();
    const wanted = order();
    const run = await begun(here, wanted);
    run.append(frame(1), done);
    run.append(frame(2));
    run.append(frame(3), mayPass);
    await run.ended();
    for (const log of [here, there]) {
      const kept = await found(log, wanted);
      expect([seen(kept), kept.state]).toEqual([frames(1), 'done']);
    }
  });

  it('limits what runs at once for one user, wherever it runs', async () => {
    const { here, there } = open();
    const { userId } = order();
    const claims = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => (index % 2 ? here : there).claim(order({ userId }))));
    const refused = claims.filter((claim) => claim.status === 'rejected').map(({ reason }) => (reason as { code: string }).code);
    expect(refused).toEqual(['rate.limited', 'rate.limited', 'rate.limited', 'rate.limited']);
    const [first] = claims.flatMap((claim) => (claim.status === 'fulfilled' && 'begun' in claim.value ? [claim.value.begun] : []));
    first!.append(frame(1), done);
    await first!.ended();
    expect(await there.claim(order({ userId }))).toHaveProperty('begun');
    await expect(here.claim(order({ userId }))).rejects.toMatchObject({ code: 'rate.limited' });
  });

  it('keeps a thousand frames in order, and large ones whole', async () => {
    const { here, there } = open();
    const wanted = order();
    const run = await begun(here, wanted);
    const other = await found(there, wanted);
    const leave = other.watch(() => {});
    const long = Array.from({ length: 1_000 }, (_, index) => `${index}:${'x'.repeat(index % 100 === 0 ? 50_000 : 10)}`);
    for (const [index, text] of long.entries()) {
      run.append(text, index === 999 ? done : undefined);
      if (index % 97 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([run.ended(), other.ended()]);
    leave();
    expect(seen(other)).toEqual(long);
    expect(seen(run)).toEqual(long);
  });

  it('answers its probe', async () => {
    await open().there.probe();
  });
}
