import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupChild } from '../world/backup-child.ts';
import {
  account,
  bytesUnder,
  codeOf,
  digestOf,
  fill,
  fingerprint,
  folderAt,
  inCloud,
  newHome,
  passphrase,
  soak,
  strangers,
  unlocked,
  type BackupHome,
} from '../world/backups.ts';
import { createLiar, type Lie, type Liar } from '../world/liar.ts';
import { ownFolder } from '../world/processes.ts';
import { createCloud, type WorldCloud } from '../world/world.ts';

/** A line that is cut at each request, and disks that are full: a typed error, and the next try goes on from where the last one came. */

const figures: string[] = [];
afterAll(() => void process.stderr.write(`backups interrupted: ${figures.join(', ')}\n`));

const cuts = ['before', 'in the request', 'in the answer', 'after'] as const;

describe('a line that is cut', () => {
  let cloud: WorldCloud;
  let liar: Liar;
  let home: BackupHome;
  beforeAll(async () => {
    cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' });
    liar = await createLiar(cloud.port());
    home = await newHome({ cloudUrl: liar.url });
    await home.api['account.register'](account);
    await fill(home, 60, 60_000);
    await home.api['backup.create']({ target: inCloud, full: false });
  }, 60_000);
  afterAll(async () => {
    await home?.close();
    await liar?.close();
    await cloud?.remove();
  });

  const once = (at: number, cut: (typeof cuts)[number]) => {
    let hit = false;
    return {
      rule: ({ number }: { number: number }): Lie | null => {
        if (number !== at || hit) return null;
        hit = true;
        return { cut };
      },
      hit: () => hit,
    };
  };
  const objectsPut = () =>
    liar.asked.filter(({ method, path, status }) => method === 'PUT' && path.startsWith('/backup/objects/') && status === 201).map(({ path }) => path);
  const full = () => home.api['backup.create']({ target: inCloud, full: true });
  async function equal(): Promise<void> {
    const { won, lost } = await home.api['backup.prepare']({ target: inCloud });
    await home.api['backup.discard'](undefined);
    expect([won.total, lost.total]).toEqual([0, 0]);
  }
  /** Requests of one full backup of a changed store. */
  async function requests(work: () => Promise<unknown>): Promise<number> {
    liar.lie(null);
    const before = liar.asked.length;
    await work();
    return liar.asked.length - before;
  }

  it('once, at every request and in every way, is passed over by itself', { timeout: soak ? 600_000 : 90_000 }, async () => {
    const increment = () => home.api['backup.create']({ target: inCloud, full: false });
    let done = 0;
    for (const [work, ways] of [
      [increment, cuts.length],
      [full, soak ? cuts.length : 1],
    ] as const) {
      await fill(home, 1, 3_000);
      const count = await requests(work);
      expect(count).toBeGreaterThanOrEqual(3);
      for (let at = 0; at < count; at++) {
        for (let way = 0; way < ways; way++) {
          const cut = cuts[(at + way) % cuts.length]!;
          await fill(home, 1, 3_000);
          const { rule, hit } = once(at, cut);
          liar.lie(rule);
          expect([at, cut, await codeOf(work())]).toEqual([at, cut, 'nothing']);
          liar.lie(null);
          if (hit()) done++;
        }
      }
    }
    await equal();
    expect((await home.api['backup.verify']({ target: inCloud, full: true })).ok).toBe(true);
    expect(done).toBeGreaterThan(12);
    figures.push(`${done} single cuts of a backup`);
  });

  /** The line goes away for good at one request of a backup and is back for the next. @returns what was wrong, and whether that one failed */
  async function outage(device: BackupHome, at: number): Promise<{ faults: string[]; failed: boolean }> {
    const faults: string[] = [];
    const whole = () => device.api['backup.create']({ target: inCloud, full: true });
    await fill(device, 2, 3_000);
    liar.asked.length = 0;
    liar.lie(({ number }) => (number >= at ? { cut: 'before' } : null));
    const code = await codeOf(whole());
    // It may take fewer requests than the one that was counted: offers come together. Without the last of all only the room is not known.
    const failed = code !== 'nothing';
    if (failed ? code !== 'cloud.offline' : liar.asked.length < at) faults.push(`${at}: ${code}`);
    liar.lie(null);
    await whole();
    // A part of the store that arrived is not sent again; a list of names is, because asking would cost as much.
    const sent = liar.asked
      .filter(({ method, path, bytes }) => method === 'PUT' && path.startsWith('/backup/objects/') && bytes > 100_000)
      .map(({ path }) => path);
    if (new Set(sent).size !== sent.length) faults.push(`${at}: a part was sent twice`);
    const stored = objectsPut();
    if (new Set(stored).size !== stored.length) faults.push(`${at}: a part was stored twice`);
    return { faults, failed };
  }

  it('for good, at every request, is told; the next try sends only what is missing', { timeout: soak ? 600_000 : 90_000 }, async () => {
    await fill(home, 1, 3_000);
    const count = await requests(full);
    let outages = 0;
    for (let at = 0; at < count; at++) {
      const { faults, failed } = await outage(home, at);
      expect(faults).toEqual([]);
      if (failed) outages++;
    }
    await equal();
    expect(outages).toBeGreaterThan(count / 2);
    figures.push(`${outages} outages of a backup`);
  });

  it('and a device that sends everything again is noticed by this harness', { timeout: soak ? 600_000 : 90_000 }, async () => {
    const asking: typeof fetch = async (url, init) => {
      if (!String(url).endsWith('/backup/objects/missing')) return await fetch(url, init);
      const { objects } = JSON.parse(String(init?.body)) as { objects: { id: string }[] };
      return Response.json({ missing: objects.map(({ id }) => ({ id, upload: null })) });
    };
    const mutant = await newHome({ cloudUrl: liar.url, fetch: asking });
    try {
      await mutant.api['account.register']({ ...account, email: 'mutant@example.org' });
      await fill(mutant, 60, 60_000);
      const count = await requests(() => mutant.api['backup.create']({ target: inCloud, full: true }));
      const faults: string[] = [];
      for (let at = count - 1; at > 0 && faults.length === 0; at--) faults.push(...(await outage(mutant, at)).faults);
      expect(faults.join()).toMatch(/sent twice/);
    } finally {
      await mutant.close();
    }
  });

  it('at every request of a restore, is told or passed over, and leaves the store as it was', { timeout: soak ? 600_000 : 90_000 }, async () => {
    const before = fingerprint(home.dataDir, /(-shm|\.lock)$|^backups\//);
    const prepare = () => home.api['backup.prepare']({ target: inCloud }).then(() => home.api['backup.discard'](undefined));
    const count = await requests(prepare);
    for (let at = 0; at < count; at++) {
      const { rule } = once(at, cuts[at % 4]!);
      liar.lie(rule);
      expect(await codeOf(prepare())).toBe('nothing');
      liar.lie(({ number }) => (number >= at ? { cut: cuts[at % 2 === 0 ? 0 : 2] } : null));
      expect([at, await codeOf(prepare())]).toEqual([at, expect.stringMatching(/^cloud\.(offline|bad_reply)$/)]);
      liar.lie(null);
      expect(fingerprint(home.dataDir, /(-shm|\.lock)$|^backups\//)).toEqual(before);
      expect(strangers(home.dataDir)).toEqual([]);
    }
    await equal();
    figures.push(`${count * 2} cuts of a restore`);
  });
});

// ---------------------------------------------------------------- disks

const mounts: string[] = [];
function smallDisk(place: string, kibibytes: number): boolean {
  mkdirSync(place, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', place]).status === 0;
  if (mounted) mounts.push(place);
  else process.stderr.write('SKIPPED: full disks need the right to mount a tmpfs\n');
  return mounted;
}
const unmount = (place: string) => spawnSync('umount', [place]);

describe('a full disk', () => {
  const scratch = ownFolder('backup-disk');
  const at = (...names: string[]) => join(scratch.folder, ...names);
  let home: BackupHome & { readonly words: string };
  beforeAll(async () => {
    home = await newHome({ dataDir: at('home') });
    await fill(home, 30, 4_000);
  }, 60_000);
  afterAll(async () => {
    await home?.close();
    for (const place of mounts) unmount(place);
    scratch.remove();
  });

  it('of the backups is told, keeps what was committed there, and goes on where there is room', { timeout: 60_000 }, async () => {
    let refused = 0;
    for (let size = 48, done = false; !done && size < 8_192; size = Math.ceil(size * 1.6)) {
      const disk = at(`target-${size}`);
      if (!smallDisk(disk, size)) return;
      const target = folderAt(join(disk, 'backups'));
      const code = await codeOf(home.api['backup.create']({ target, full: false }));
      done = code === 'nothing';
      if (done) continue;
      expect([size, code]).toEqual([size, 'vault.disk_full']);
      refused++;
      expect(await codeOf(home.api['backup.prepare']({ target }))).toBe('backup.missing');
      spawnSync('mount', ['-o', 'remount,size=16m', disk]);
      expect((await home.api['backup.create']({ target, full: false })).kind).toBe('base');
      expect((await home.api['backup.verify']({ target, full: true })).ok).toBe(true);
      unmount(disk);
    }
    expect(refused).toBeGreaterThan(2);
    figures.push(`${refused} full disks of backups`);
  });

  it('under a further backup leaves the one before', { timeout: 60_000 }, async () => {
    const disk = at('further');
    if (!smallDisk(disk, 16_384)) return;
    const target = folderAt(join(disk, 'backups'));
    await home.api['backup.create']({ target, full: false });
    const before = await digestOf(home);
    for (const left of [0, 12, 40, 100, 200]) {
      await fill(home, 3, 30_000);
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(Math.max(0, 16_384 - left) * 1_024 - bytesUnder(target.path) - 200 * 1_024));
      if (left === 0) spawnSync('sh', ['-c', `cat /dev/zero > '${join(disk, 'rest')}'`]);
      const code = await codeOf(home.api['backup.create']({ target, full: false }));
      expect(['nothing', 'vault.disk_full']).toContain(code);
      const { won } = await home.api['backup.prepare']({ target });
      await home.api['backup.discard'](undefined);
      expect(won.total).toBe(0);
      expect((await home.api['backup.verify']({ target, full: true })).ok).toBe(true);
      for (const name of ['ballast', 'rest']) rmSync(join(disk, name), { force: true });
    }
    await home.api['backup.create']({ target, full: false });
    expect((await home.api['backup.verify']({ target, full: true })).ok).toBe(true);
    expect(await digestOf(home)).not.toBe(before);
    unmount(disk);
  });

  it('of the device stops a restore before and while it is built, and leaves the store', { timeout: 60_000 }, async () => {
    const target = folderAt(at('roomy'));
    await home.api['backup.create']({ target, full: true });
    await fill(home, 1);
    await home.api['vault.lock'](undefined);
    const disk = at('device');
    const size = bytesUnder(at('home'));
    // Less room than the store needs and is kept free; then enough by the count, and a limit that strikes on the way.
    if (!smallDisk(disk, Math.ceil(size / 1_024) + 8_192)) return;
    cpSync(at('home'), join(disk, 'home'), { recursive: true });
    const device = await unlocked({ dataDir: join(disk, 'home') });
    const before = fingerprint(device.dataDir, /(-shm|\.lock)$|^backups\//);
    expect(await codeOf(device.api['backup.prepare']({ target }))).toBe('vault.disk_full');
    expect(fingerprint(device.dataDir, /(-shm|\.lock)$|^backups\//)).toEqual(before);
    expect(strangers(device.dataDir)).toEqual([]);
    await device.close();
    unmount(disk);
    await home.api['vault.unlock']({ with: 'passphrase', passphrase });
  });

  it('that takes no file of a size stops it in the middle', { timeout: 60_000 }, async () => {
    const target = folderAt(at('roomy'));
    await home.api['backup.create']({ target, full: false });
    await fill(home, 1);
    const before = await digestOf(home);
    await home.api['vault.lock'](undefined);
    const size = statSync(join(at('home'), 'store.db')).size;
    let stopped = 0;
    for (const part of [0.02, 0.4, 0.8]) {
      const dataDir = at(`limited-${part}`);
      cpSync(at('home'), dataDir, { recursive: true });
      const config: BackupChild = { dataDir, act: 'restore', place: target.path, cloudUrl: 'http://127.0.0.1:9', at: null, words: home.words, mutant: 'none' };
      const child = fileURLToPath(new URL('../world/backup-child.ts', import.meta.url));
      const ran = spawnSync(
        'bash',
        [
          '-c',
          `trap '' XFSZ; ulimit -f ${Math.floor((size * part) / 1_024)}; exec "$0" --disable-warning=ExperimentalWarning "$1" "$2"`,
          process.execPath,
          child,
          JSON.stringify(config),
        ],
        { encoding: 'utf8' },
      );
      const last = ran.stdout.trim().split('\n').at(-1);
      expect([part, last, ran.stderr.slice(0, 300)]).toEqual([part, expect.stringMatching(/^failed (vault\.disk_full)$/), '']);
      stopped++;
      const device = await unlocked({ dataDir });
      expect(await digestOf(device)).toBe(before);
      expect(strangers(dataDir).filter((name) => !/\.lock-journal$|\.new$/.test(name))).toEqual([]);
      expect((await device.api['backup.prepare']({ target })).lost.total).toBe(1);
      await device.close();
    }
    figures.push(`${stopped} restores against a limit`);
    await home.api['vault.unlock']({ with: 'passphrase', passphrase });
  });
});
