import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import type { BackupTarget } from '@adiuva/desktop/bridge/shapes.ts';
import { openEnvelope } from '@adiuva/desktop/core/backup/keys.ts';
import {
  account,
  codeOf,
  digestOf,
  drawing,
  fill,
  folderAt,
  hurried,
  inCloud,
  newHome,
  openHome,
  passphrase,
  seed,
  soak,
  strangers,
  unlocked,
  type BackupHome,
} from '../world/backups.ts';
import type { BackupAct, BackupChild, BackupMutant } from '../world/backup-child.ts';
import type { CloudMutant } from '../world/cloud-child.ts';
import { freePort } from '../world/servers/process.ts';
import { ownFolder } from '../world/processes.ts';
import { createCloud, type WorldCloud } from '../world/world.ts';

/**
 * A process that backs up, restores or changes the words, and a cloud that keeps backups, killed at every kind of point and at random moments. After each: the store
 * opens and is the old one or the new one, the newest backup restores and is one that was wanted, the next backup works. `ADIUVA_SOAK=1`: 1,000 kills, `ADIUVA_SEED` replays.
 */

const scratch = ownFolder('backup-kill');
const program = (name: string) => fileURLToPath(new URL(`../world/${name}.ts`, import.meta.url));
const at = (...names: string[]) => join(scratch.folder, ...names);
let cloud: WorldCloud;
const figures: string[] = [];
beforeAll(async () => void (cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' })), 60_000);
afterAll(async () => {
  await cloud?.remove();
  scratch.remove();
  process.stderr.write(`backups killed, seed ${seed}: ${figures.join(', ')}\n`);
});

interface Ran {
  readonly said: readonly string[];
  readonly signal: string | null;
}

/** Runs the child to its end or to its death. @param wait milliseconds from its first word to the kill; null where it dies by itself, or not */
function run(config: BackupChild, wait: number | null): Promise<Ran> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program('backup-child'), JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: at('compiled') },
  });
  let [said, failed] = ['', ''];
  child.stderr.on('data', (data: Buffer) => (failed += data.toString()));
  return new Promise((ok, no) => {
    child.stdout.on('data', (data: Buffer) => {
      if (said === '' && wait !== null) setTimeout(() => child.kill('SIGKILL'), wait);
      said += data.toString();
    });
    child.once('error', no);
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' || code === 0 || said.includes('failed ')
        ? ok({ said: said.split('\n').slice(1, -1), signal })
        : no(new Error(`the child ended with ${code}: ${failed}`)),
    );
  });
}

/** One device that goes on living from kill to kill, and its place for backups. */
interface Life {
  readonly act: BackupAct;
  readonly where: BackupTarget;
  readonly dataDir: string;
  words: string;
  /** Digests: of the store now, and of the newest backup. */
  now: string;
  backed: string;
}

async function begin(name: string, act: BackupAct, kind: BackupTarget['kind']): Promise<Life> {
  const dataDir = at(name);
  const where = kind === 'cloud' ? inCloud : folderAt(at(`${name}-place`));
  const home = await newHome({ dataDir, cloudUrl: `http://127.0.0.1:${cloud.port()}` });
  if (kind === 'cloud') await home.api['account.register']({ ...account, email: `${name}@example.org` });
  await fill(home, 12);
  await home.api['backup.create']({ target: where, full: false });
  const digest = await digestOf(home);
  await home.close();
  return { act, where, dataDir, words: home.words, now: digest, backed: digest };
}

const childOf = ({ act, where, dataDir, words }: Life, point: number | null, mutant: BackupMutant): BackupChild => ({
  dataDir,
  act,
  place: where.kind === 'folder' ? where.path : null,
  cloudUrl: `http://127.0.0.1:${cloud.port()}`,
  at: point,
  words,
  mutant,
});

/** Something new in the store, so that a backup has something to send and a restore something to take away. */
async function change(life: Life): Promise<void> {
  const home = await unlocked({ dataDir: life.dataDir, cloudUrl: `http://127.0.0.1:${cloud.port()}` });
  await fill(home, 1, 200);
  life.now = await digestOf(home);
  await home.close();
}

/** What the newest backup would bring, by digest: it is proven beside the store, put in its place and taken back again. */
async function restoredDigest(life: Life, home: BackupHome, thorough: boolean): Promise<string> {
  const preview = await home.api['backup.prepare']({ target: life.where });
  if (!thorough) {
    await home.api['backup.discard'](undefined);
    const { won, lost } = preview;
    return won.total === 0 && lost.total === 0 ? await digestOf(home) : `${won.total} won, ${lost.total} lost`;
  }
  await home.api['backup.restore'](undefined);
  const digest = await digestOf(home);
  await home.api['backup.undoRestore'](undefined);
  return digest;
}

/** A lock that a killed process left in a folder is believed for ten seconds: nobody waits for them here. */
const later: Clock = { ...hurried, now: () => systemClock.now() + 11_000 };

async function faultsAfter(life: Life, { said }: Ran, thorough: boolean): Promise<string[]> {
  const faults: string[] = [];
  const check = (good: boolean, what: string) => void (good || faults.push(`${life.act} (${life.where.kind}) after ${said.at(-1) ?? 'nothing'}: ${what}`));
  const done = said.includes('done');
  const home = await openHome({ dataDir: life.dataDir, cloudUrl: `http://127.0.0.1:${cloud.port()}`, clock: life.act === 'restore' ? hurried : later });
  try {
    if (said.at(-1)?.startsWith('failed')) check(false, said.at(-1)!);
    await home.api['vault.unlock']({ with: 'passphrase', passphrase });
    const doctor = await home.api['doctor.run'](undefined);
    const wrong = doctor.checks.filter(({ name, ok }) => !ok && name !== 'newest backup is recent');
    check(wrong.length === 0, JSON.stringify(wrong));
    const swapped = life.act === 'restore' && doctor.digest === life.backed;
    check(doctor.digest === life.now || swapped, 'the store is neither the old nor the new one');
    check(life.act !== 'restore' || !done || swapped, 'it said done and was not');
    check(litter(life.dataDir).length === 0, `left behind ${litter(life.dataDir).join()}`);
    if (life.act === 'lost' || life.act === 'exposed') await newWordsGo(life, home, said, check);
    const before = doctor.digest;
    const digest = await restoredDigest(life, home, thorough);
    if (life.act === 'create')
      check(thorough ? digest === before || (digest === life.backed && !done) : digest === before || !done, `the newest backup brings ${digest}`);
    const next = await home.api['backup.create']({ target: life.where, full: false });
    if (life.act === 'create' && digest === before) check(next.kind !== 'base', 'the next one begins anew');
    const { ok, faults: found } = await home.api['backup.verify']({ target: life.where, full: thorough });
    check(ok, JSON.stringify(found));
    check((await digestOf(home)) === before, 'a backup changed the store');
    life.now = before;
    life.backed = before;
  } catch (error) {
    check(false, `${String((error as { code?: string }).code ?? '')} ${String((error as Error).stack)}`);
  } finally {
    await home.close();
  }
  return faults;
}

/** What stays of a killed process; small files under a name that the next write of the same file takes again are none of it. */
const litter = (dataDir: string) =>
  strangers(dataDir).filter((name) => !/^(vault\.\w+\.lock-journal|vault(\.copy|\.swap)?\.json\.new|store\.db-pages\.new)$/.test(name));

type Check = (good: boolean, what: string) => void;

/** Asking again finishes; from then on exactly the new words open the backups. */
async function newWordsGo(life: Life, home: BackupHome, said: readonly string[], check: Check): Promise<void> {
  const place = (life.where as { path: string }).path;
  const opens = (words: string) =>
    openEnvelope(JSON.parse(readFileSync(join(place, 'envelope.json'), 'utf8')), words).then(
      () => true,
      () => false,
    );
  const told = said.find((line) => line.startsWith('words '))?.slice(6);
  check(told === undefined || (await opens(told)), 'the words it told open nothing');
  const { recoveryPhrase } = told ? { recoveryPhrase: told } : await home.api['backup.newPhrase']({ passphrase, because: life.act as 'lost' | 'exposed' });
  check(await opens(recoveryPhrase), 'the new words open nothing');
  check(!(await opens(life.words)), 'the old words still open it');
  life.words = recoveryPhrase;
}

/** On a device without anything: no vault, or all of the backup. */
async function faultsHere(life: Life, { said }: Ran): Promise<string[]> {
  const faults: string[] = [];
  const check: Check = (good, what) => void (good || faults.push(`${life.act} (${life.where.kind}) after ${said.at(-1) ?? 'nothing'}: ${what}`));
  const home = await openHome({ dataDir: at('here'), cloudUrl: `http://127.0.0.1:${cloud.port()}` });
  try {
    if (said.at(-1)?.startsWith('failed')) check(false, said.at(-1)!);
    const { state } = await home.api['vault.state'](undefined);
    check(state !== 'missing' || !said.includes('done'), 'it said done and there is no vault');
    if (state === 'missing') {
      const who = life.where.kind === 'cloud' ? { ...account, email: 'here-cloud@example.org' } : {};
      await home.api['backup.open']({ target: life.where, phrase: life.words, ...who });
      await home.api['backup.restoreHere']({ passphrase });
    } else await home.api['vault.unlock']({ with: 'passphrase', passphrase });
    check((await digestOf(home)) === life.backed, 'it is not what was backed up');
    check(litter(at('here')).length === 0, `left behind ${litter(at('here')).join()}`);
    check((await home.api['backup.create']({ target: life.where, full: false })).generation > 1, 'the next backup does not follow');
    check((await home.api['backup.verify']({ target: life.where, full: false })).ok, 'the next backup does not hold');
  } catch (error) {
    check(false, `${String((error as { code?: string }).code ?? '')} ${String(error)}`);
  } finally {
    await home.close();
    rmSync(at('here'), { recursive: true, force: true });
  }
  return faults;
}

/** Kills one life again and again. @returns what was wrong */
async function harness(
  name: string,
  act: BackupAct,
  kind: BackupTarget['kind'],
  kills: number,
  mutant: BackupMutant = 'none',
  wanted?: RegExp,
): Promise<string[]> {
  const life = await begin(name, act, kind);
  const whole = { place: at(`${name}-whole-place`), home: at(`${name}-whole-home`) };
  const draw = drawing(seed + kills + name.length);
  const faults: string[] = [];
  // The device is put back for a restore on another one, whose backup is that device's next.
  const keep = () => {
    if (life.where.kind === 'folder') cpSync(life.where.path, whole.place, { recursive: true });
  };
  const back = () => {
    if (act !== 'restore here' || life.where.kind !== 'folder') return;
    rmSync(life.where.path, { recursive: true, force: true });
    cpSync(whole.place, life.where.path, { recursive: true });
  };
  const start = async () => {
    if (act !== 'restore here') await change(life);
    return { ...childOf(life, null, mutant), ...(act === 'restore here' && { dataDir: at('here') }) };
  };
  const look = (ran: Ran, thorough: boolean) => (act === 'restore here' ? faultsHere(life, ran) : faultsAfter(life, ran, thorough));
  keep();
  const first = await run(await start(), null);
  expect(first.said.at(-1)).toBe('closed');
  faults.push(...(mutant === 'none' ? await look(first, true) : []));
  back();
  const points = first.said.filter((line) => !/^(done|closed|words )/.test(line));
  const chosen = wanted ? points.flatMap((point, index) => (wanted.test(point) ? [index] : [])) : spread(points, Math.ceil(kills * 0.75), draw);
  let killed = 0;
  for (let round = 0; round < kills && faults.length < 5; round++) {
    const point = chosen[round] ?? (wanted ? chosen[0]! : null);
    const ran = await run({ ...(await start()), at: point }, point === null ? draw(120) : null);
    if (ran.signal === 'SIGKILL') killed++;
    faults.push(...(await look(ran, soak || round % 6 === 0)));
    back();
  }
  figures.push(`${killed} of ${act} (${kind}${mutant === 'none' ? '' : `, ${mutant}`})`);
  if (mutant === 'none' && faults.length === 0) expect(killed).toBeGreaterThanOrEqual(Math.floor(kills * 0.7));
  return faults;
}

/** So many points, from the first to the last, with a start by chance. */
function spread(points: readonly string[], wanted: number, draw: (count: number) => number): number[] {
  const step = Math.max(1, points.length / wanted);
  const from = draw(Math.ceil(step));
  return Array.from({ length: Math.min(wanted, points.length) }, (_, index) => Math.min(points.length - 1, Math.floor(from + index * step)));
}

const long = (kills: number) => (soak ? 14_400_000 : 30_000 + kills * 6_000);

describe('a process that is killed', () => {
  const rows: readonly (readonly [string, BackupAct, BackupTarget['kind'], number])[] = [
    ['folder', 'create', 'folder', 8],
    ['cloud', 'create', 'cloud', 6],
    ['over', 'restore', 'folder', 7],
    ['over-cloud', 'restore', 'cloud', 3],
    ['here', 'restore here', 'folder', 4],
    ['lost', 'lost', 'folder', 4],
    ['exposed', 'exposed', 'folder', 4],
  ];
  it.each(rows)('in %s leaves a whole store and a whole backup: %s (%s)', { timeout: long(14) }, async (name, act, kind, kills) => {
    expect(await harness(`life-${name}`, act, kind, soak ? kills * 30 : kills)).toEqual([]);
  });
});

// ---------------------------------------------------------------- the cloud

interface CloudProcess {
  kill(): Promise<void>;
}

async function startCloud(folder: string, port: number, mutant: CloudMutant): Promise<CloudProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program('cloud-child'), folder, String(port), mutant], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let failed = '';
  child.stderr.on('data', (data: Buffer) => (failed += data.toString()));
  await new Promise<void>((ok, no) => {
    child.stdout.once('data', () => ok());
    child.once('close', (code) => no(new Error(`the cloud ended with ${code}: ${failed}`)));
  });
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

const codeIn = (error: unknown): string => String((error as { code?: string }).code ?? error);

/** Kills one cloud again and again under a device that backs up. @returns what was wrong */
async function cloudHarness(label: string, kills: number, mutant: CloudMutant): Promise<string[]> {
  const [folder, port] = [at(label), await freePort()];
  let running = await startCloud(folder, port, mutant);
  const draw = drawing(seed);
  let trap: { readonly path: RegExp; readonly wait: number } | null = null;
  let killing: Promise<void> | null = null;
  const trapped: typeof fetch = async (url, init) => {
    const name = `${init?.method ?? 'GET'} ${new URL(String(url)).pathname}`;
    const sent = fetch(url, init);
    if (trap?.path.test(name) && !killing) {
      const { wait } = trap;
      killing = new Promise<void>((resolve) => setTimeout(resolve, wait)).then(() => running.kill());
    }
    return await sent;
  };
  const home = await newHome({ dataDir: at(`${label}-home`), cloudUrl: `http://127.0.0.1:${port}`, fetch: trapped });
  try {
    await home.api['account.register'](account);
    await fill(home, 6, 4_000);
    await home.api['backup.create']({ target: inCloud, full: false });
    const faults: string[] = [];
    for (let round = 0; round < kills && faults.length === 0; round++) {
      const preview = await digestOf(home);
      await fill(home, 2, 4_000);
      trap = { path: round % 2 === 0 ? /PUT .*\/backup$/ : /PUT .*\/objects\//, wait: draw(40) };
      const first = await codeOf(home.api['backup.create']({ target: inCloud, full: round % 3 === 2 }));
      await (killing ?? running.kill());
      [trap, killing] = [null, null];
      running = await startCloud(folder, port, mutant);
      const looked = await home.api['backup.prepare']({ target: inCloud }).catch((error: unknown) => void faults.push(`${round}: ${codeIn(error)}`));
      if (!looked) continue;
      const { won, lost } = looked;
      await home.api['backup.discard'](undefined);
      const committed = won.total === 0 && lost.total === 0;
      if (first === 'nothing' && !committed) faults.push(`${round}: it said done and the backup is not there`);
      if (!['nothing', 'cloud.offline', 'cloud.bad_reply'].includes(first)) faults.push(`${round}: ${first}`);
      if (!committed && lost.total !== 2) faults.push(`${round}: ${lost.total} lost, ${won.total} won after ${preview}`);
      const next = await home.api['backup.create']({ target: inCloud, full: false });
      if (committed !== (next.kind === 'none')) faults.push(`${round}: committed ${committed}, then ${next.kind}`);
      const { ok, faults: found } = await home.api['backup.verify']({ target: inCloud, full: true });
      if (!ok) faults.push(`${round}: ${JSON.stringify(found)}`);
    }
    figures.push(`${kills} of the cloud${mutant === 'none' ? '' : `, ${mutant}`}`);
    return faults;
  } finally {
    await home.close();
    await running.kill();
  }
}

describe('a cloud that is killed', () => {
  it('while objects and heads arrive keeps what was committed, and takes the rest again', { timeout: soak ? 7_200_000 : 120_000 }, async () => {
    expect(await cloudHarness('killed-cloud', soak ? 60 : 3, 'none')).toEqual([]);
  });
});

describe('this harness goes red', () => {
  it('on objects whose names come before their bytes', { timeout: long(4) }, async () => {
    expect((await harness('mutant-names', 'create', 'folder', 1, 'names before bytes', /late bytes/)).join('\n')).toMatch(/backup\.corrupt/);
  });

  it('on a cloud that says an object is safe before it is', { timeout: long(4) }, async () => {
    expect((await cloudHarness('mutant-cloud', 2, 'answers before bytes')).join('\n')).toMatch(/backup\.object_not_found/);
  });

  it('on a restore that writes over the store', { timeout: long(4) }, async () => {
    expect((await harness('mutant-swap', 'restore', 'folder', 1, 'swap in place', /half of it written/)).join('\n')).toMatch(
      /damaged|vault\.corrupt|neither the old nor the new/,
    );
  });
});
