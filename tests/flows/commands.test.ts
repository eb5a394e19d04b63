import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adiuva, cleanEnv, descendants, isAlive, npmStart, ownFolder, type Started } from '../world/processes.ts';

const sentence = 'Remind me to send the invoice to Marta next Friday at 17:00, high priority';
const passphrase = 'a passphrase for tests';

describe('npm start', () => {
  const home = ownFolder('start');
  let started: Started;
  let cloudUrl = '';
  let clientUrl = '';

  beforeAll(async () => {
    started = npmStart(['--no-open'], cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_CLOUD_PORT: '0', ADIUVA_CLIENT_PORT: '0' }));
    [cloudUrl, clientUrl] = await Promise.all([started.ready('cloud'), started.ready('client')]);
  }, 120_000);
  afterAll(async () => {
    await started.stop();
    home.remove();
  });

  it('prints the two addresses, the second with a token of at least 128 bits in the fragment', () => {
    expect(cloudUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(clientUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22,}$/);
  });

  it('serves a healthy cloud and a client that lets nobody in without the token', async () => {
    const health = await fetch(`${cloudUrl}/api/v1/health`);
    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, 'ok']);
    const { origin, hash } = new URL(clientUrl);
    const exchange = (token: string) =>
      fetch(`${origin}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ token }),
      });
    expect((await exchange('x'.repeat(43))).status).toBeGreaterThanOrEqual(400);
    expect((await exchange(hash.slice(1))).status).toBe(204);
    expect((await exchange(hash.slice(1))).status).toBeGreaterThanOrEqual(400);
  });

  it('closes everything on a signal sent to npm itself, exits 0 and leaves no process behind', async () => {
    const pids = descendants(started.pid);
    expect(pids.length).toBeGreaterThan(2);
    const end = await started.stop('SIGTERM');
    expect(end.code).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('names every fault of the configuration at once, shows no value, and exits 78', async () => {
    const bad = npmStart(
      ['--no-open', '--cloud-only'],
      cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_CLOUD_PORT: 'hunter2', DATABASE_URL: 'hunter3', ADIUVA_MODELS: 'openai:gpt-5-mini' }),
    );
    await expect(bad.ready('cloud')).rejects.toThrow();
    const end = await bad.stop();
    const text = end.stdout + end.stderr;
    expect(end.code).toBe(78);
    for (const name of ['ADIUVA_CLOUD_PORT', 'DATABASE_URL', 'OPENAI_API_KEY']) expect(text).toContain(name);
    expect(text).not.toMatch(/hunter/);
  });
});

describe('the command line, signed out and without a cloud', () => {
  const home = ownFolder('cli');
  const env = cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_PASSPHRASE: passphrase, ADIUVA_CLOUD_URL: 'http://127.0.0.1:9' });
  const json = async (...args: string[]) => {
    const end = await adiuva([...args, '--json'], env);
    expect(end).toMatchObject({ code: 0 });
    return JSON.parse(end.stdout);
  };
  let phrase = '';
  let runId = '';

  afterAll(() => home.remove());

  it('makes a vault once and shows twelve words', async () => {
    const made = await json('init');
    phrase = made.recoveryPhrase;
    expect(phrase.split(' ')).toHaveLength(12);
    const again = await adiuva(['init', '--json'], env);
    expect([again.code, JSON.parse(again.stderr).error.code]).toEqual([1, 'vault.exists']);
  });

  it('turns the sentence into a task, on this device, after approval', async () => {
    const chat = await json('chat', sentence, '--approve');
    expect(chat).toMatchObject({ route: 'local', agents: ['task'] });
    runId = chat.results.runId;
    const { records } = await json('records', 'list', 'task');
    expect(records).toHaveLength(1);
    expect(records[0].fields).toMatchObject({
      title: 'Send the invoice to Marta',
      priority: 'high',
      status: 'open',
      dueAt: expect.stringMatching(/T17:00:00/),
    });
    expect(new Date(records[0].fields.dueAt).getTime()).toBeGreaterThan(Date.now());
  });

  it('undoes it and does it again', async () => {
    await json('plans', 'undo', runId);
    expect((await json('records', 'list', 'task')).records).toEqual([]);
    const again = await json('chat', sentence, '--approve');
    expect(again.results.steps).toEqual([expect.objectContaining({ status: 'done' })]);
    expect((await json('search', 'invoice')).hits[0].title).toContain('invoice');
  });

  it('proposes without --approve and waits', async () => {
    const chat = await json('chat', 'Add a task to water the plants tomorrow');
    expect((await json('records', 'list', 'task')).records).toHaveLength(1);
    const shown = await json('plans', 'show', chat.plan.id);
    expect(shown.state ?? shown.plan?.state).toBe('proposed');
    await json('plans', 'reject', chat.plan.id);
  });

  it('opens with the twelve words too, and with nothing else', async () => {
    const words = await adiuva(['records', 'list', 'task', '--json'], cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_RECOVERY_PHRASE: phrase }));
    expect(words.code).toBe(0);
    const wrong = await adiuva(['records', 'list', 'task', '--json'], { ...env, ADIUVA_PASSPHRASE: 'not the passphrase' });
    expect([wrong.code, wrong.stdout, JSON.parse(wrong.stderr).error]).toEqual([
      3,
      '',
      { code: 'vault.wrong_secret', message: expect.any(String), hint: expect.any(String) },
    ]);
  });

  it('refuses usage it does not know with exit 2, and a login without a cloud with exit 4', async () => {
    expect((await adiuva(['nonsense', '--json'], env)).code).toBe(2);
    expect((await adiuva(['records', 'add', 'task', '--fields', '{"title":7}', '--json'], env)).code).toBe(2);
    expect((await adiuva(['login', '--email', 'a@example.org', '--password-stdin', '--json'], env, 'a password\n')).code).toBe(4);
  });

  it('understands lines of text and of JSON without a vault', async () => {
    const nowhere = cleanEnv({ ADIUVA_HOME: path.join(home.folder, 'nowhere') });
    const lines = `${sentence}\n${JSON.stringify({ text: 'lunch with Ana on monday at 1pm', reference: '2026-11-20T09:00:00', timeZone: 'Europe/Rome' })}\n`;
    const end = await adiuva(['understand', '--stdin', '--json'], nowhere, lines);
    const [first, second] = end.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ agent: 'task', title: 'Send the invoice to Marta', priority: 'high' });
    expect(second).toMatchObject({ agent: 'calendar', dates: [expect.objectContaining({ start: '2026-11-23T13:00:00+01:00' })] });
    expect(existsSync(path.join(home.folder, 'nowhere'))).toBe(false);
  });

  it('proves the encryption, and fails on a planted plaintext file', async () => {
    const good = await json('doctor');
    expect(good).toMatchObject({ ok: true, digest: expect.stringMatching(/^[\w-]{16,}$/) });
    mkdirSync(path.join(home.folder, 'planted'));
    writeFileSync(path.join(home.folder, 'planted', 'notes.txt'), 'Send the invoice to Marta');
    const bad = await adiuva(['doctor', '--json'], env);
    expect(bad.code).toBe(1);
    expect(bad.stdout + bad.stderr).toContain('notes.txt');
  });
});
