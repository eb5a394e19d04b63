import { randomBytes } from 'node:crypto';
import { readSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import type { FrozenPages } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import { openVault } from '../store/vault.ts';
import { assemble } from './assemble.ts';
import { cheap, words } from './backup-world.suite.ts';
import { backedUp, createBackup } from './create.ts';
import { folderTarget } from './folder.ts';
import { makeRepository } from './keys.ts';
import { createLedgers } from './ledger.ts';
import { keysOfOwn, ownFrom } from './own.ts';
import { createProgress } from './progress.ts';
import { find, openBackup } from './read.ts';
import type { Target } from './target.ts';
import { folder, passphrase, place } from './two-homes.suite.ts';

/** A vault, a place, and what lies between them, without the room around. */
async function desk() {
  const dataDir = folder();
  const clock = manualClock();
  const lines: string[] = [];
  const log = jsonLog((line) => void lines.push(line), clock.now, 'debug');
  const vault = openVault({ dataDir, clock, random: systemRandom, log, secrets: null, slotCost: cheap });
  const { store } = await vault.create(passphrase);
  onTestFinished(() => vault.lock());
  const where = place();
  const made = await makeRepository(words, systemRandom, cheap);
  const own = ownFrom(made, made.envelope, systemRandom);
  const keys = keysOfOwn(own);
  const ledger = createLedgers(dataDir, Buffer.from(own.localKey, 'base64url'), systemRandom).of(where, null);
  const target = () => folderTarget({ path: where.path, clock, random: systemRandom });
  const run = (signal = new AbortController().signal) => ({ signal, progress: createProgress(clock, () => undefined, 'backup', where) });
  const put = (name: string, bytes: number) => store.t.settings.set(name, randomBytes(bytes).toString('base64'));
  return {
    store,
    ledger,
    clock,
    lines,
    where,
    target,
    put,
    back: (more: { full?: boolean; to?: Target; over?: Store; signal?: AbortSignal } = {}) =>
      createBackup(
        {
          ...run(more.signal),
          store: backedUp(more.over ?? store),
          own,
          keys,
          target: more.to ?? target(),
          ledger,
          facts: { app: '1', deviceName: 'test' },
          clock,
          random: systemRandom,
          log,
        },
        { full: more.full ?? false, thorough: false },
      ),
    /** The file of a backup, and that of the store at this moment. */
    async both(): Promise<{ restored: Buffer; stored: Buffer }> {
      const path = join(folder(), 'restored.db');
      const to = target();
      const raw = store.dataKey();
      await assemble({ ...run(), target: to, keys }, await openBackup(to, keys, await find(to, undefined)), path, raw);
      const frozen = await store.pages.freeze();
      const stored = Buffer.alloc(frozen.pages * 4_096);
      readSync(frozen.fd, stored, 0, stored.length, 0);
      await frozen.release();
      return { restored: await readFile(path), stored };
    },
  };
}

/** Store whose frozen pages are seen through `bend`. */
const bent = (store: Store, bend: (frozen: FrozenPages) => Partial<FrozenPages>): Store => ({
  ...store,
  pages: {
    freeze: async (signal) => {
      const frozen = await store.pages.freeze(signal);
      return { ...frozen, release: () => frozen.release(), changedSince: (mark) => frozen.changedSince(mark), ...bend(frozen) };
    },
  },
});

const counting = (target: Target, put: (count: number) => void): Target => {
  let count = 0;
  const own = target.put.bind(target);
  return Object.assign(target, {
    put: async (id: string, sealed: Uint8Array, signal?: AbortSignal) => {
      await own(id, sealed, signal);
      put(++count);
    },
  });
};

describe('a chain of backups', () => {
  it('gives the very file after every change, through increments and merges', async () => {
    const { put, back, both } = await desk();
    for (let index = 0; index < 12; index++) await put(`big.${index}`, 600_000);
    const kinds: string[] = [];
    for (let round = 0; round < 4; round++) {
      kinds.push((await back()).kind);
      const { restored, stored } = await both();
      expect(Buffer.compare(restored, stored)).toBe(0);
      await put(`big.${round}`, 50_000);
      if (round === 2) for (let index = 4; index < 10; index++) await put(`big.${index}`, 500_000);
    }
    expect(kinds).toEqual(['base', 'increment', 'increment', 'base']);
  });

  it('finds by the tags of the pages what tracking lost, and says so where tracking was wrong', async () => {
    const { store, put, back, both, lines, ledger } = await desk();
    for (let index = 0; index < 6; index++) await put(`big.${index}`, 600_000);
    await back();
    await put('small', 10);
    expect(await back({ over: bent(store, () => ({ changedSince: () => null })) })).toMatchObject({ kind: 'increment' });
    await put('small', 20);
    await ledger.write({ ...(await ledger.read()), comparedAt: '2020-01-01T00:00:00Z' });
    expect(await back({ over: bent(store, () => ({ changedSince: () => new Uint32Array() })) })).toMatchObject({ kind: 'increment' });
    expect(lines.some((line) => line.includes('backup.tracking_missed'))).toBe(true);
    const { restored, stored } = await both();
    expect(Buffer.compare(restored, stored)).toBe(0);
  });
});

describe('a backup that was interrupted', () => {
  it('sends only what has not arrived', async () => {
    const { put, back, target, both } = await desk();
    for (let index = 0; index < 40; index++) await put(`big.${index}`, 600_000);
    const abort = new AbortController();
    let arrived = 0;
    const first = counting(target(), (count) => {
      arrived = count;
      if (count === 3) abort.abort(new Error('enough'));
    });
    await expect(back({ to: first, signal: abort.signal })).rejects.toThrow('enough');
    let sent = 0;
    const { objects } = await back({ to: counting(target(), (count) => void (sent = count)) });
    // The folder gives names only to what is on the disk, so that what was put last may come again.
    expect(arrived).toBeGreaterThanOrEqual(3);
    expect(sent).toBe(objects - 1);
    expect(sent).toBeLessThanOrEqual(10);
    const { restored, stored } = await both();
    expect(Buffer.compare(restored, stored)).toBe(0);
  });

  it('sends only those deltas that have not arrived', async () => {
    const { put, back, target, both } = await desk();
    for (let index = 0; index < 60; index++) await put(`big.${index}`, 600_000);
    await back();
    for (let index = 0; index < 12; index++) await put(`big.${index}`, 600_000);
    const to = target();
    const own = to.put.bind(to);
    const brought: string[] = [];
    let cut = true;
    to.put = async (id, sealed, signal) => {
      if (cut && brought.length === 2) throw new Error('the line was cut');
      await own(id, sealed, signal);
      brought.push(id);
    };
    await expect(back({ to })).rejects.toThrow('the line was cut');
    cut = false;
    const { kind, objects } = await back({ to });
    expect([kind, objects > 1, brought.length]).toEqual(['increment', true, 2 + objects - 1]);
    expect(new Set(brought).size).toBe(brought.length);
    const { restored, stored } = await both();
    expect(Buffer.compare(restored, stored)).toBe(0);
  });

  it('is known as made where only the answer of its commit was lost, at once or at the next one', async () => {
    const { put, back, target } = await desk();
    const deaf = (times: number): Target => {
      const to = target();
      const [commit, newest] = [to.commit.bind(to), to.newest.bind(to)];
      let lost = false;
      return Object.assign(to, {
        commit: async (...given: Parameters<Target['commit']>) => {
          await commit(...given);
          lost = true;
          throw Object.assign(new Error('lost'), {});
        },
        newest: async (...given: Parameters<Target['newest']>) => {
          if (lost && times-- > 0) throw new Error('lost');
          return await newest(...given);
        },
      });
    };
    await back();
    await put('small', 10);
    await expect(back({ to: deaf(1) })).rejects.toThrow('lost');
    await put('small', 20);
    expect(await back()).toMatchObject({ kind: 'increment', generation: 3 });
  });

  it('makes a whole base where the place lost what an earlier one had put there', async () => {
    const { put, back, where, both, lines } = await desk();
    for (let index = 0; index < 6; index++) await put(`big.${index}`, 600_000);
    await back();
    rmSync(join(where.path, 'objects'), { recursive: true });
    await put('small', 10);
    expect(await back()).toMatchObject({ kind: 'base', generation: 2 });
    expect(lines.some((line) => line.includes('backup.healing'))).toBe(true);
    const { restored, stored } = await both();
    expect(Buffer.compare(restored, stored)).toBe(0);
  });
});
