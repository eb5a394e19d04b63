import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { acts, packed, secret, unpack, vaultAt, words, type Act, type Packed } from './restore.suite.ts';
import { scratchFolder, task } from './scratch.suite.ts';

/** At least 60 kills here, 1,000 in the long form; `ADIUVA_SEED` replays a run. */
const soak = process.env['ADIUVA_SOAK'] === '1';
const seed = Number(process.env['ADIUVA_SEED'] ?? 20_261_121);
const child = fileURLToPath(new URL('./restore.suite.ts', import.meta.url));
const engineOf = (round: number) => (round % 2 === 0 ? 'journeyapps' : 'multiple-ciphers');

let made: Fixture | null = null;

interface Fixture {
  /** A closed vault with newer content than the backup. */
  readonly before: string;
  /** The same after a restore. */
  readonly restored: string;
  readonly file: string;
  readonly phrase: string;
  readonly old: string;
  readonly next: string;
}

async function fixture(root: string, records: number): Promise<Fixture> {
  const [before, restored, file] = ['before', 'restored', 'backup'].map((name) => join(root, name)) as [string, string, string];
  const vault = vaultAt(before, 'journeyapps');
  const { store, recoveryPhrase } = await vault.create(secret.passphrase);
  await store.tx((t) =>
    t.records.insertMany(Array.from({ length: records }, (_, index) => task(`r${index}`, { notes: 'a note about the harbour '.repeat(9) }))),
  );
  await store.t.settings.set('device.token', 'then');
  const [backup, next] = [await packed(store), await store.digest()];
  writeFileSync(file, Buffer.concat([backup.key.key, backup.key.salt, backup.pages]));
  await store.t.records.insert(task('since'));
  await store.t.settings.set('device.token', 'now');
  const old = await store.digest();
  await vault.lock();
  cpSync(before, restored, { recursive: true });
  const other = vaultAt(restored, 'journeyapps');
  await other.unlock(secret);
  await (await other.stage(unpack(backup))).swap();
  await other.lock();
  return { before, restored, file, phrase: recoveryPhrase, old, next };
}

function backupOf({ file }: Fixture): Packed {
  const bytes = readFileSync(file);
  return { key: { key: bytes.subarray(0, 32), salt: bytes.subarray(32, 48) }, pages: bytes.subarray(48) };
}

/** What each act starts from and leads to, by digest, with the phrase that opens each. */
function endsOf(act: Act, { old, next, phrase }: Fixture): { from: [string, string]; to: [string, string] } {
  if (act === 'undo') return { from: [next, phrase], to: [old, phrase] };
  if (act === 'replace phrase') return { from: [old, phrase], to: [old, words] };
  if (act === 'create') return { from: ['missing', ''], to: [next, words] };
  return { from: [old, phrase], to: [next, act === 'swap with phrase' ? words : phrase] };
}

function startFolder(act: Act, { before, restored }: Fixture, root: string): string {
  const folder = join(root, `run-${Math.round(performance.now() * 1e3)}`);
  if (act === 'create' || act === 'key file before store') mkdirSync(folder, { recursive: true });
  else cpSync(act === 'undo' ? restored : before, folder, { recursive: true });
  return folder;
}

interface Ran {
  readonly said: readonly string[];
  readonly signal: string | null;
}

/** @param wait milliseconds after the first word to the kill; null where the process ends itself at `step` */
function run(folder: string, engine: string, act: Act, file: string, step: string, wait: number | null): Promise<Ran> {
  const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, folder, engine, act, file, step], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, failed] = ['', ''];
  started.stderr.on('data', (data: Buffer) => (failed += data.toString()));
  started.stdout.on('data', (data: Buffer) => {
    if (said === '' && wait !== null) setTimeout(() => started.kill('SIGKILL'), wait);
    said += data.toString();
  });
  return new Promise((ok, no) => {
    started.once('error', no);
    started.once('close', (code, signal) =>
      code !== 0 && code !== 3 && signal !== 'SIGKILL'
        ? no(new Error(`the restore ended with ${String(code ?? signal)}: ${failed}`))
        : ok({ said: said.split('\n').slice(0, -1), signal }),
    );
  });
}

/** What is wrong with a folder in which `act` ended somewhere. */
async function faultsAfter(act: Act, folder: string, engine: string, { said }: Ran, made: Fixture): Promise<string[]> {
  const { from, to } = endsOf(act, made);
  const done = said.includes('done');
  const vault = vaultAt(folder, engine);
  const faults: string[] = [];
  const check = (good: boolean, what: string) => void (good || faults.push(`${act} after ${said.at(-1) ?? 'nothing'}: ${what}`));
  try {
    const state = await vault.state();
    if (state.state === 'missing') {
      check(from[0] === 'missing' && !done, 'the vault is gone');
      if (act === 'create')
        await vault.createFrom({
          vaultId: '01999999-0000-7000-8000-000000000001',
          phrase: words,
          passphrase: secret.passphrase,
          build: unpack(backupOf(made)),
        });
      return faults;
    }
    check(state.problem === null, `state says ${state.problem?.code}`);
    const store = await vault.unlock(secret);
    const digest = await store.digest();
    check(digest === to[0] || (digest === from[0] && !done), 'neither the old store nor the new one');
    const isNew = digest === to[0];
    check(
      (await store.t.settings.get('device.token')) === (act === 'create' || act === 'key file before store' ? undefined : 'now'),
      'rows of the device are lost',
    );
    const wrong = (await store.selfCheck()).filter(({ ok }) => !ok);
    check(wrong.length === 0, JSON.stringify(wrong));
    const strange = readdirSync(folder).filter((name) => !/^(kept|store\.db(-wal|-shm|-pages)?|vault(\.copy)?\.json|vault\.(restore\.)?lock)$/.test(name));
    check(strange.length === 0, `left behind: ${strange.join()}`);
    const phrase = await vault.phrase();
    await vault.lock();
    if (from[1] !== to[1] && act !== 'create') {
      const opens = async (typed: string) =>
        await vaultAt(folder, engine)
          .unlock({ with: 'phrase', phrase: typed })
          .then(
            (opened) => opened.close().then(() => true),
            () => false,
          );
      const [oldOpens, newOpens] = [await opens(from[1]), await opens(to[1])];
      check(oldOpens !== newOpens, 'not exactly one phrase opens it');
      if (act === 'swap with phrase') check(newOpens === isNew, 'the phrase is not the one of the store');
      if (phrase !== null) check(newOpens ? phrase === to[1] : phrase === from[1], 'the phrase it shows does not open it');
      check(!done || newOpens, 'the new phrase was lost');
    }
    if (act.startsWith('swap') || act === 'undo') await checkWayBack(check, act, folder, engine, isNew, from[0], to[0]);
  } catch (error) {
    check(false, `${String((error as { code?: string }).code ?? '')} ${String(error)}`);
  } finally {
    await vault.lock();
  }
  return faults;
}

/** From the new store back to the old one; from the old one the act once more. */
async function checkWayBack(
  check: (good: boolean, what: string) => void,
  act: Act,
  folder: string,
  engine: string,
  isNew: boolean,
  from: string,
  to: string,
): Promise<void> {
  const vault = vaultAt(folder, engine);
  try {
    await vault.unlock(secret);
    if (isNew) check((await (await vault.undoSwap()).digest()) === from, 'the way back does not lead to the old store');
    else {
      const again = act === 'undo' ? await vault.undoSwap() : await (await vault.stage(unpack(backupOf(made!)))).swap();
      check((await again.digest()) === to, 'it does not go when tried again');
    }
  } finally {
    await vault.lock();
  }
}

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'adiuva-restore-'));
  made = await fixture(root, 60);
  return () => rmSync(root, { recursive: true, force: true });
}, 30_000);

async function killedAt(act: Act, round: number, step: string, wait: number | null): Promise<{ faults: string[]; ran: Ran }> {
  const folder = startFolder(act, made!, scratchFolder());
  const ran = await run(folder, engineOf(round), act, made!.file, step, wait);
  return { faults: await faultsAfter(act, folder, engineOf(round + 1), ran, made!), ran };
}

describe('a process that is killed while it restores', () => {
  it(
    'leaves the old store or the new one, whole, at every named step and at random moments',
    async () => {
      const faults: string[] = [];
      let kills = 0;
      for (const [index, act] of acts.entries()) {
        const steps = (await killedAt(act, index, '-', null)).ran.said;
        expect(steps.at(-1)).toBe('locked');
        for (let step = 0; step < steps.length; step++) {
          const { faults: found, ran } = await killedAt(act, index + step, String(step), null);
          expect([ran.said.length, ran.signal]).toEqual([step + 1, 'SIGKILL']);
          faults.push(...found);
          kills++;
        }
      }
      const random = seededRandom(seed);
      for (const goal = soak ? 1_000 : Math.max(40, kills + 8); kills < goal; kills++) {
        const [a, b] = random(2) as unknown as [number, number];
        faults.push(...(await killedAt(acts[a % acts.length]!, kills, '-', b % 160)).faults);
      }
      process.stderr.write(`${kills} kills of restores, seed ${seed}: ${faults.length} faults\n`);
      expect(faults).toEqual([]);
    },
    soak ? 3_600_000 : 240_000,
  );

  it.each<[Act, RegExp]>([
    ['swap without intention', /vault.corrupt/],
    ['key file before store', /vault.corrupt/],
  ])(
    'is caught by this harness when it does the %s',
    async (mutant, fault) => {
      expect(
        (await killedAt(mutant, 0, '1', null)).faults
          .concat((await killedAt(mutant, 0, '0', null)).faults, (await killedAt(mutant, 0, '2', null)).faults)
          .join(),
      ).toMatch(fault);
    },
    60_000,
  );
});

describe('a disk that fills while it restores', () => {
  it('is named, and costs nothing of what was there', async () => {
    const place = scratchFolder();
    const used = [made!.before, made!.restored].map((folder) => folderSize(folder));
    const sizes: string[] = [];
    for (const act of ['swap', 'undo', 'create'] as const) {
      // Room for what is there, and then for a little more each time until it is enough.
      const base = act === 'create' ? 0 : used[act === 'swap' ? 0 : 1]!;
      let done = false;
      let last = 0;
      // In coarse steps until there is enough, then once more in fine ones from where there was not.
      for (let room = 8, fine = false; !(done && fine) && room < 4_096; room = fine ? room + 6 : room * 2) {
        if (done) {
          [room, fine, done] = [last + 6, true, false];
        }
        const disk = join(place, `${act}-${sizes.length}`);
        mkdirSync(disk);
        if (spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(base / 1024) + room}k`, 'tmpfs', disk]).status !== 0) {
          process.stderr.write('SKIPPED: a disk that fills while it restores needs the right to mount a tmpfs\n');
          return;
        }
        try {
          const folder = startFolder(act, made!, disk);
          const ran = await run(folder, engineOf(room), act, made!.file, '-', null);
          done = ran.said.includes('done');
          if (!done) expect([act, room, ran.said.at(-1)]).toEqual([act, room, 'failed vault.disk_full']);
          if (!done && !fine) last = room;
          sizes.push(`${act} +${room} KiB: ${done ? 'done' : 'full'} after ${ran.said.at(-2) ?? ''}`);
          const roomy = join(place, `roomy-${act}-${sizes.length}`);
          cpSync(folder, roomy, { recursive: true });
          expect(await faultsAfter(act, roomy, engineOf(room), { said: ran.said.filter((word) => !word.startsWith('failed')), signal: null }, made!)).toEqual(
            [],
          );
        } finally {
          spawnSync('/bin/umount', [disk]);
        }
      }
      expect(done).toBe(true);
    }
    process.stderr.write(`${sizes.join('; ')}\n`);
    expect(sizes.filter((line) => line.includes('full')).length).toBeGreaterThan(5);
  }, 240_000);
});

const folderSize = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) =>
      sum + (entry.isFile() && existsSync(join(entry.parentPath, entry.name)) ? statSync(join(entry.parentPath, entry.name)).size + 4_096 : 4_096),
    0,
  );
