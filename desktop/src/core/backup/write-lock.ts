import { lstat, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import { sleepAwake } from '../store/stay-awake.ts';
import { readWhole, writeNew } from './folder-files.ts';

/** The right to change the newest backup of a folder, held for moments. */
export interface WriteLock {
  /** Says that the holder lives; call it at least every few seconds. @throws AdiuvaError `backup.running` where another took the lock over */
  keep(): Promise<void>;
  release(): Promise<void>;
}

/** A lock that nobody kept for `staleMs` was left by a crash. Waiting is longer than that, so that a crash never needs a hand. */
const times = { staleMs: 10_000, keepMs: 2_000, waitMs: 15_000, tryMs: 100 } as const;
const lockBytes = 1_024;

const shape = z.strictObject({ token: z.string().max(64), at: z.number() });
type Held = z.infer<typeof shape>;

interface LockDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A file that exists while somebody writes. No lock of the operating system: those do not reach over network disks, and a disk is carried from machine to machine.
 * @throws AdiuvaError `backup.running`
 */
export async function lockForWriting(file: string, { clock, random }: LockDeps, signal?: AbortSignal): Promise<WriteLock> {
  const token = newToken(random, 16);
  const until = clock.now() + times.waitMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await tryLock(file, { token, at: clock.now() })) return held(file, token, clock);
    const other = await look(file);
    if (other !== null && isStale(other, clock.now())) await clear(file, other, token);
    else if (clock.now() > until) throw new AdiuvaError('backup.running', { detail: 'Another Adiuva is writing into this folder.' });
    else await sleepAwake(clock, times.tryMs);
  }
}

async function tryLock(file: string, mine: Held): Promise<boolean> {
  try {
    await writeNew(file, Buffer.from(JSON.stringify(mine)), { sync: false });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null where nobody holds it. What cannot be read was cut off by a crash or is being written at this moment; its age tells. */
async function look(file: string): Promise<Held | null> {
  const bytes = await readWhole(file, lockBytes);
  if (bytes === null) return null;
  try {
    return shape.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    const at = await lstat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    return { token: '', at };
  }
}

/** A time in the future was written by a clock that went wrong. */
const isStale = ({ at }: Held, now: number): boolean => at < now - times.staleMs || at > now + times.staleMs;

/** Takes a stale lock away, unless it turns out that somebody else did so first and holds it now. */
async function clear(file: string, stale: Held, token: string): Promise<void> {
  const aside = `${file}.${token}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await look(aside);
  if (moved && moved.token !== stale.token) await rename(aside, file).catch(() => undefined);
  await rm(aside, { force: true }).catch(() => undefined);
}

function held(file: string, token: string, clock: Clock): WriteLock {
  let kept = clock.now();
  const aside = `${file}.${token}`;
  const mine = async () => (await look(file))?.token === token;
  return {
    async keep() {
      if (!(await mine())) throw new AdiuvaError('backup.running', { detail: 'Another Adiuva took over this folder.' });
      if (clock.now() - kept < times.keepMs) return;
      await rm(aside, { force: true });
      await tryLock(aside, { token, at: clock.now() });
      await rename(aside, file);
      kept = clock.now();
    },
    async release() {
      if (await mine().catch(() => false)) await rm(file, { force: true }).catch(() => undefined);
    },
  };
}
