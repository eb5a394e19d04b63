import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { accountRow } from '../account-row.ts';
import { createCloud } from '../cloud/cloud.ts';
import { say, startPeer, type Peer } from '../cloud/peer.suite.ts';
import { Database } from '../store/database.ts';
import { multipleCiphers } from '../store/engine-multiple-ciphers.ts';
import { migrate } from '../store/migrate.ts';
import { createStore, type Store } from '../store/store.ts';

/** Kills at every step in the long form (`npm run soak`), at every eleventh otherwise: each kill costs two processes. */
const stride = process.env['ADIUVA_SOAK'] === '1' ? 1 : 11;
const questions = ['what is the capital of france', 'who won the world cup in 1998'];
const key = { key: new Uint8Array(32).fill(7), salt: new Uint8Array(16).fill(9) };

let peer: Peer;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adiuva-kill-'));
  peer = await startPeer();
  peer.script = (request) =>
    say(
      request,
      ['An ', 'answer.'],
      [
        {
          type: 'plan',
          plan: {
            id: `plan-${request.requestId}`,
            version: 1,
            title: 'Read on',
            steps: [{ action: 'create_record', params: { type: 'task', fields: { title: 'Read on' } }, explain: 'You may want to.' }],
            createdAt: '2026-11-20T09:00:00Z',
            expiresAt: '2026-11-27T09:00:00Z',
          },
        } as never,
      ],
    );
});
afterEach(async () => {
  await peer.close();
  rmSync(folder, { recursive: true, force: true });
});

async function withStore<T>(file: string, work: (store: Store) => Promise<T>, mode: 'create' | 'write' = 'write'): Promise<T> {
  const database = await Database.open(await multipleCiphers(), file, key, systemClock, mode);
  try {
    if (mode === 'create') await database.alone((connection) => migrate(connection));
    return await work(createStore(database, { vaultId: 'test', selfCheck: async () => [], close: () => database.close() }));
  } finally {
    await database.close();
  }
}

/** A new store whose owner is signed in. */
async function freshStore(name: string): Promise<string> {
  const file = join(folder, name);
  await withStore(
    file,
    async (store) => {
      const tokens = accountRow(store);
      const cloud = createCloud({ baseUrl: peer.url, fetch, clock: systemClock, random: systemRandom, log: silentLog, tokens });
      if (peer.users.size === 0) await cloud.session.register('marta@example.org', 'correct horse');
      else await cloud.session.login('marta@example.org', 'correct horse');
      cloud.close();
    },
    'create',
  );
  return file;
}

interface Life {
  killed: boolean;
  asked: string[];
  steps: number;
}

function live(file: string, crashAt: number, mutant: string, ask: string[]): Promise<Life> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('kill-child.suite.ts', import.meta.url)), file, peer.url, String(crashAt), mutant, ...ask], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  const deadline = setTimeout(() => child.kill('SIGKILL'), 30_000);
  return new Promise((resolve, reject) =>
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (code !== 0 && signal !== 'SIGKILL') return reject(new Error(`child ended with ${code}: ${err.slice(-2_000)}`));
      resolve({ killed: signal === 'SIGKILL', asked: [...out.matchAll(/^asked (.*)$/gm)].map((m) => m[1]!), steps: Number(/steps (\d+)/.exec(out)?.[1] ?? 0) });
    }),
  );
}

/** One life killed at a step, the next one left alone; then what is lost or doubled, by the effects the server saw and what the store holds. */
async function killAt(crashAt: number, mutant: string): Promise<{ killed: boolean; steps: number; lost: string[]; doubled: string[] }> {
  const file = await freshStore(`life-${mutant}-${crashAt}.db`);
  peer.effects.length = 0;
  const first = await live(file, crashAt, mutant, questions);
  if (first.killed) await live(file, 0, mutant, []);
  return withStore(file, async (store) => {
    const sessions = await store.t.sessions.list({ limit: 10 });
    const messages = (await Promise.all(sessions.map((session) => store.t.messages.list(session.id, { limit: 10 })))).flat();
    const plans = await store.t.plans.list({ limit: 10 });
    const answersOf = (text: string) =>
      messages.filter((m) => m.parentId === messages.find((q) => q.text === text)?.id && m.state === 'done' && m.text === 'An answer.');
    const effectsOf = (text: string) => peer.effects.filter((effect) => effect.message === text);
    return {
      killed: first.killed,
      steps: first.steps,
      lost: first.asked.filter((text) => answersOf(text).length === 0 || effectsOf(text).length === 0),
      doubled: questions.filter((text) => effectsOf(text).length > 1 || answersOf(text).length > 1 || plans.length > peer.effects.length),
    };
  });
}

describe('killed in the middle', () => {
  it('at any step: every acknowledged question is answered, and none twice', { timeout: 600_000 }, async () => {
    const { steps } = await killAt(0, 'none');
    expect(steps).toBeGreaterThan(60);
    let kills = 0;
    for (let at = 1; at <= steps; at += stride) {
      const { killed, lost, doubled } = await killAt(at, 'none');
      kills += Number(killed);
      expect({ at, lost, doubled }).toEqual({ at, lost: [], doubled: [] });
    }
    process.stdout.write(`${kills} kills over ${steps} steps: 0 lost, 0 doubled\n`);
    expect(kills).toBeGreaterThan(5);
  });

  it.each([
    ['delete-before-send', 'lost'],
    ['new-key-each-try', 'doubled'],
  ] as const)('a queue that does %s is caught', { timeout: 600_000 }, async (mutant, fault) => {
    const { steps } = await killAt(0, mutant);
    expect(steps).toBeGreaterThan(60);
    let caught = 0;
    // The fault shows after the questions were asked, so the search starts in the middle.
    for (let at = Math.floor(steps / 3); at <= steps && caught === 0; at += 2) caught += (await killAt(at, mutant))[fault].length;
    expect(caught).toBeGreaterThan(0);
  });
});
