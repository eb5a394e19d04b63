import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { openForKill, type Mutant } from './kill.suite.ts';
import { scratchFolder } from './scratch.suite.ts';

/** 1,000 kills in the long form (`npm run soak`); `ADIUVA_SEED` replays a run. */
const kills = process.env['ADIUVA_SOAK'] === '1' ? 1_000 : 24;
const seed = Number(process.env['ADIUVA_SEED'] ?? 20_261_120);
const child = fileURLToPath(new URL('./kill.suite.ts', import.meta.url));
const engineOf = (round: number) => (round % 2 === 0 ? 'journeyapps' : 'multiple-ciphers');

/** Runs the writer and kills it `wait` milliseconds after its first word; what it said until then. */
function killed(file: string, round: number, mutant: Mutant, wait: number): Promise<string[]> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, file, engineOf(round), String(round), mutant], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let failed = '';
  writer.stderr.on('data', (data: Buffer) => (failed += data.toString()));
  return new Promise((ok, no) => {
    writer.stdout.on('data', (data: Buffer) => {
      if (said === '') setTimeout(() => writer.kill('SIGKILL'), wait);
      said += data.toString();
    });
    writer.once('error', no);
    // A line that was cut off was said: its first words stand before the store's answer came back to anyone.
    writer.once('close', (_code, signal) =>
      signal === 'SIGKILL' ? ok(said.split('\n').slice(0, -1)) : no(new Error(`the writer ended by itself: ${failed}`)),
    );
  });
}

/** What is wrong with the store, given all that was ever confirmed. */
async function faultsAfter(file: string, round: number, confirmed: readonly string[]): Promise<string[]> {
  const { store, database } = await openForKill(file, engineOf(round + 1));
  const faults: string[] = [];
  const count = async (sql: string) => Number((await database.all(sql))[0]!['n']);
  try {
    const versions = new Map((await database.all('select id, version from records')).map(({ id, version }) => [String(id), Number(version)]));
    const runs = new Set((await database.all('select plan_id from runs')).map((row) => String(row['plan_id'])));
    const acts = new Set((await database.all('select id from activity')).map(({ id }) => String(id)));
    const jobs = new Set((await database.all('select id from queue')).map(({ id }) => String(id)));
    const sent = new Set((await database.all("select substr(id, 6) as id from messages where id like 'sent-%'")).map(({ id }) => String(id)));
    const texts = new Map<string, string>();
    for (const line of confirmed) {
      const [kind, id, n] = line.split(' ') as [string, string, string];
      if (kind === 'record' && (versions.get(id) ?? 0) < Number(n)) faults.push(`lost: ${line}`);
      if (kind === 'run' && !runs.has(id)) faults.push(`lost: ${line}`);
      if (kind === 'job' && !jobs.has(id) && !sent.has(id)) faults.push(`lost: ${line}`);
      if (kind === 'sent' && !sent.has(id)) faults.push(`lost: ${line}`);
      if (kind === 'text') texts.set(id, (texts.get(id) ?? '') + `<${n}>`);
    }
    for (const [id, text] of texts) {
      const kept = (await store.t.messages.get(id))?.text ?? '';
      const next = `<${(text.match(/</g)?.length ?? 0) + 1}>`;
      if (kept !== text && kept !== text + next) faults.push(`text of ${id} is ${kept.slice(-40)}, confirmed ${text.slice(-40)}`);
    }
    for (const id of jobs) if (sent.has(id)) faults.push(`doubled: job ${id}`);
    for (const id of runs) if (!versions.has(id) || !acts.has(id)) faults.push(`half: run ${id}`);
    for (const id of acts) if (!runs.has(id)) faults.push(`half: activity ${id}`);
    const indexed = await count('select count(*) as n from words_docsize');
    const rows = await count('select (select count(*) from records) + (select count(*) from messages) + (select count(*) from sessions) as n');
    if (indexed !== rows) faults.push(`index holds ${indexed} of ${rows}`);
    const [check] = await database.all('pragma integrity_check(1)');
    if (check?.['integrity_check'] !== 'ok') faults.push('corrupt');
  } finally {
    await store.close();
  }
  return faults;
}

async function harness(rounds: number, mutant: Mutant): Promise<{ faults: string[]; confirmed: number; slowest: number }> {
  const file = join(scratchFolder(), 'store.db');
  const random = seededRandom(seed);
  const confirmed: string[] = [];
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    const [a, b] = random(2);
    confirmed.push(...(await killed(file, round, mutant, ((a! * 256 + b!) % 120) + 1)));
    const start = performance.now();
    const faults = await faultsAfter(file, round, confirmed);
    slowest = Math.max(slowest, performance.now() - start);
    if (faults.length > 0) return { faults, confirmed: confirmed.length, slowest };
  }
  return { faults: [], confirmed: confirmed.length, slowest };
}

describe('a process that is killed while it writes', () => {
  it(
    `loses, doubles and breaks nothing in ${kills} kills, the engines taking turns`,
    async () => {
      const { faults, confirmed, slowest } = await harness(kills, 'none');
      process.stderr.write(
        `${kills} kills, seed ${seed}: ${confirmed} confirmed writes, ${faults.length} faults, slowest opening with all checks ${slowest.toFixed(0)} ms\n`,
      );
      expect(faults).toEqual([]);
      expect(confirmed).toBeGreaterThan(kills * 2);
    },
    60_000 + kills * 4_000,
  );

  it('loses nothing either while another process writes to the same store', async () => {
    const file = join(scratchFolder(), 'store.db');
    const confirmed: string[] = [];
    await (await openForKill(file, engineOf(0))).store.close();
    for (let round = 0; round < 6; round += 2) {
      // The engines of the two differ, as when a window and a command run on different installations.
      const said = await Promise.all([killed(file, round, 'none', 150), killed(file, round + 1, 'none', 100 + round * 20)]);
      confirmed.push(...said.flat());
      expect(await faultsAfter(file, round, confirmed)).toEqual([]);
    }
    expect(new Set(confirmed.map((line) => line.split(' ')[1]!.split('-')[0])).size).toBeGreaterThan(2);
  }, 120_000);

  it.each<[Mutant, RegExp]>([
    ['tells-early', /^(lost|text of)/],
    ['delete-then-send', /^lost: job/],
    ['send-then-delete', /^doubled/],
  ])(
    'is caught by this harness when it %s',
    async (mutant, fault) => {
      const { faults } = await harness(60, mutant);
      expect(faults.join('\n')).toMatch(fault);
    },
    240_000,
  );
});
