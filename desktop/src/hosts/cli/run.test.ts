import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveControl } from '../control.ts';
import { linesOf } from './lines.ts';
import { codeOf, terminalIn, type Given } from './terminal.suite.ts';
import { plain } from './verb.ts';
import { later, verbs } from './verbs.ts';

const folder = mkdtempSync(join(tmpdir(), 'adiuva-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = terminalIn(folder);

const passphrase = { env: { ADIUVA_PASSPHRASE: 'a passphrase for tests' } };
const json = async (...args: string[]) => {
  const ended = await run([...args, '--json'], passphrase);
  expect(ended).toMatchObject({ code: 0, error: '' });
  return JSON.parse(ended.out);
};

describe('usage', () => {
  it.each(
    [
      ['nonsense'],
      ['records'],
      ['records', 'list'],
      ['records', 'list', 'cat'],
      ['records', 'get'],
      ['records', 'add', 'task'],
      ['records', 'add', 'task', '--fields', '{'],
      ['records', 'add', 'task', '--fields', '[]'],
      ['plans'],
      ['plans', 'show'],
      ['plans', 'approve'],
      ['playbooks'],
      ['playbooks', 'run'],
      ['playbooks', 'run', 'daily-brief', '--input', 'x'],
      ['queue'],
      ['queue', 'drop'],
      ['chat'],
      ['chat', 'x', '--mode', 'fast'],
      ['search'],
      ['search', 'x', '--limit', 'many'],
      ['search', 'x', '--stdin'],
      ['understand'],
      ['understand', 'x', '--stdin'],
      ['backup'],
      ['backup', 'nonsense'],
      ['backup', 'create', 'now'],
      ['backup', 'create', '--to', ''],
      ['backup', 'verify', '--from'],
      ['backup', 'delete'],
      ['backup', 'schedule'],
      ['backup', 'new-phrase'],
      ['backup', 'restore', '--phrase', 'x'],
      ['status', 'now'],
      ['status', '--verbose'],
      ['login'],
      ['login', '--email'],
      ['login', '--email', 'a@example.org'],
      ['__proto__'],
      ['constructor'],
      ['toString', 'x'],
      ...later.map((name) => [name]),
    ].map((args) => [args]),
  )('%j is refused with exit 2', async (args) => {
    const ended = await run([...args, '--json']);
    expect([ended.code, ended.out, codeOf(ended)]).toEqual([2, '', 'usage.invalid']);
    expect(Object.keys(JSON.parse(ended.error).error)).toEqual(['code', 'message', 'hint']);
  });

  it.each(['passphrase', 'password', 'recovery-phrase', 'phrase', 'token'])('never takes a secret as --%s, and does not repeat it', async (name) => {
    for (const args of [
      ['init', `--${name}`, 'hunter2'],
      ['login', '--email', 'a@example.org', `--${name}=hunter2`],
    ]) {
      const ended = await run([...args, '--json']);
      expect([ended.code, codeOf(ended)]).toEqual([2, 'usage.invalid']);
      expect(ended.error).toContain('ADIUVA_PASSPHRASE');
      expect(ended.error).not.toContain('hunter2');
    }
  });

  it('lists what works and nothing else', async () => {
    const listed = JSON.parse((await run(['help', '--json'])).out).verbs.map(({ verb }: { verb: string }) => verb);
    expect(listed).toEqual(Object.keys(verbs).filter((name) => name !== 'help'));
    const shown = (await run([])).out;
    for (const name of later) expect(shown).not.toMatch(new RegExp(`^ +${name}\\b`, 'm'));
    expect((await run(['chat', '--help'])).out).toContain('--approve');
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('prints words for a person and no JSON', async () => {
    const ended = await run(['nonsense']);
    expect(ended).toMatchObject({ code: 2, out: '', error: expect.stringMatching(/^adiuva: .*\nRun "adiuva help"/) });
  });

  it('reports a fault of the configuration with exit 78', async () => {
    const ended = await run(['status', '--json'], { env: { ADIUVA_CLIENT_PORT: 'hunter2' } });
    expect([ended.code, codeOf(ended), ended.error.includes('hunter2')]).toEqual([78, 'config.invalid', false]);
  });
});

describe('before there is a vault', () => {
  it.each([
    [['records', 'list', 'task']],
    [['doctor']],
    [['whoami']],
    [['search', 'x']],
    [['chat', 'hello']],
    [['backup', 'create', '--to', folder]],
    [['backup', 'list']],
    [['backup', 'schedule', 'daily']],
    [['backup', 'undo']],
  ])('%j says that there is none, with exit 3', async (args) => {
    const ended = await run([...args, '--json'], passphrase);
    expect([ended.code, ended.out, codeOf(ended)]).toEqual([3, '', 'vault.missing']);
  });
  it('status answers, and nothing is made', async () => {
    const ended = await run(['status', '--json'], passphrase);
    expect(JSON.parse(ended.out)).toMatchObject({ vault: { state: 'missing' }, account: null, version: expect.any(String) });
    expect(existsSync(join(folder, 'home', 'vault.json'))).toBe(false);
  });
});

describe('a vault', () => {
  let phrase = '';
  beforeAll(async () => {
    const made = await run(['init'], { typed: ['a passphrase for tests', 'a passphrase for tests'] });
    expect(made.code).toBe(0);
    phrase = [...made.out.matchAll(/^ ?\d+\. (\w+)$/gm)].map((match) => match[1]).join(' ');
  });

  it('is made once', async () => {
    expect(phrase.split(' ')).toHaveLength(12);
    const again = await run(['init', '--json'], passphrase);
    expect([again.code, again.out, codeOf(again)]).toEqual([1, '', 'vault.exists']);
    const differing = await run(['init', '--json'], { env: { ADIUVA_HOME: join(folder, 'other') }, typed: ['one passphrase', 'another one'] });
    expect([differing.code, codeOf(differing)]).toEqual([2, 'usage.invalid']);
    const weak = await run(['init', '--json'], { env: { ADIUVA_HOME: join(folder, 'other'), ADIUVA_PASSPHRASE: 'short' } });
    expect([weak.code, codeOf(weak)]).toEqual([2, 'vault.passphrase_weak']);
  });

  it.each<[string, Given, number, string | null]>([
    ['the passphrase', passphrase, 0, null],
    ['a typed passphrase', { typed: ['a passphrase for tests'] }, 0, null],
    ['a wrong passphrase', { env: { ADIUVA_PASSPHRASE: 'not the passphrase' } }, 3, 'vault.wrong_secret'],
    ['no terminal and no secret', {}, 3, 'vault.locked'],
    ['words that are none', { env: { ADIUVA_RECOVERY_PHRASE: 'one two three' } }, 3, 'vault.phrase_invalid'],
  ])('opens or not with %s', async (_name, given, code, error) => {
    const ended = await run(['records', 'list', 'task', '--json'], given);
    expect(ended.code).toBe(code);
    if (error === null) expect(JSON.parse(ended.out)).toEqual({ records: [] });
    else expect([ended.out, codeOf(ended)]).toEqual(['', error]);
  });

  it('opens with the twelve words', async () => {
    expect((await run(['records', 'list', 'task', '--json'], { env: { ADIUVA_RECOVERY_PHRASE: phrase } })).code).toBe(0);
  });

  it('keeps records, with a run to undo each change', async () => {
    const added = await json('records', 'add', 'note', '--fields', '{"title":"Ship \\u001b[31mred\\u202e"}');
    expect(added).toMatchObject({ id: expect.any(String), type: 'note', version: 1, runId: expect.any(String) });
    expect(await json('records', 'get', added.id)).toMatchObject({ id: added.id, fields: { title: 'Ship \u001b[31mred\u202e' } });
    expect(await json('records', 'update', added.id, '--fields', '{"body":"done"}')).toMatchObject({ version: 2, fields: { body: 'done' } });
    const listed = await run(['records', 'list', 'note'], passphrase);
    expect(listed.out).toContain('Ship \\u001b[31mred\\u202e');
    for (const steering of ['\u001b', '\u202e']) expect(listed.out).not.toContain(steering);
    const deleted = await json('records', 'delete', added.id);
    expect(await json('records', 'list', 'note')).toEqual({ records: [] });
    expect(await json('plans', 'undo', deleted.runId)).toMatchObject({
      runId: expect.any(String),
      steps: [expect.objectContaining({ status: expect.any(String) })],
    });
    expect((await json('records', 'list', 'note', '--query', 'ship')).records).toHaveLength(1);
    const missing = await run(['records', 'get', 'nothing', '--json'], passphrase);
    expect([missing.code, codeOf(missing)]).toEqual([1, 'record.not_found']);
    const invalid = await run(['records', 'add', 'task', '--fields', '{"title":7}', '--json'], passphrase);
    expect([invalid.code, codeOf(invalid)]).toEqual([2, 'record.invalid']);
  });

  it('runs a playbook with its inputs: what would change anything is a plan, a wrong input is named', async () => {
    await json('records', 'add', 'task', '--fields', JSON.stringify({ title: 'Late thing', dueAt: '2020-01-01' }));
    expect((await json('playbooks', 'list')).playbooks.map(({ id }: { id: string }) => id)).toContain('overdue-clean-up');
    const { runId, planIds } = await json('playbooks', 'run', 'overdue-clean-up', '--input', 'to=2030-05-06');
    expect((await json('plans', 'show', planIds[0])).plan.steps).toMatchObject([{ params: { fields: { dueAt: '2030-05-06' } } }]);
    expect((await run(['playbooks', 'show', runId], passphrase)).out).toMatch(/Late thing[^]*adiuva plans show/);
    expect((await json('playbooks', 'run', 'plan-my-day', '--input', 'minutes=30', '--here')).planIds).toEqual([]);
    const ended = await run(['playbooks', 'run', 'plan-my-day', '--input', 'minutes=many', '--json'], passphrase);
    expect([ended.code, codeOf(ended)]).toEqual([2, 'playbook.inputs']);
    await json('plans', 'approve', planIds[0]);
  });

  it('answers on this device, proposes, and runs what is approved', async () => {
    const proposed = await json('chat', 'Remind me to water the plants tomorrow at 9:00');
    expect(proposed).toMatchObject({
      sessionId: expect.any(String),
      route: 'local',
      agents: ['task'],
      response: expect.any(String),
      plan: { steps: [expect.objectContaining({ action: 'create_record' })] },
      results: null,
    });
    const shown = await json('plans', 'show', proposed.plan.id);
    expect(shown.state).toBe('proposed');
    const changed = await run(['plans', 'approve', proposed.plan.id, '--hash', '0'.repeat(64), '--json'], passphrase);
    expect([changed.code, codeOf(changed)]).toEqual([1, 'plan.changed']);
    const ran = await json('plans', 'approve', proposed.plan.id, '--hash', shown.hash);
    expect(ran.steps).toEqual([expect.objectContaining({ status: 'done' })]);
    const again = await json('chat', 'Add a task to call Ana on Monday', '--approve', '--offline', '--session', proposed.sessionId);
    expect(again).toMatchObject({
      sessionId: proposed.sessionId,
      results: { runId: expect.any(String), steps: [expect.objectContaining({ status: 'done' })] },
    });
    expect((await json('plans', 'list')).plans.length).toBeGreaterThanOrEqual(2);
    const words = await run(['chat', 'Add a task to buy milk tomorrow'], passphrase);
    expect(words.out).toMatch(/answered on this device[\s\S]*Approve with: adiuva plans approve /);
    const empty = await run(['chat', ' ', '--json'], passphrase);
    expect([empty.code, codeOf(empty)]).toEqual([2, 'chat.message_empty']);
  });

  it('searches, a line for each line', async () => {
    const ended = await run(['search', '--stdin', '--json'], { ...passphrase, input: 'plants\n\nzzqxj\n' });
    const lines = ended.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[0].hits.length).toBeGreaterThan(0);
    expect(lines[2].hits).toEqual([]);
  });

  it('needs the cloud to sign in: exit 4 without it', async () => {
    const ended = await run(['login', '--email', 'a@example.org', '--password-stdin', '--json'], { ...passphrase, input: 'a password\n' });
    expect([ended.code, codeOf(ended)]).toEqual([4, 'cloud.offline']);
    expect(await json('whoami')).toEqual({ user: null, tier: null });
    expect(await json('queue', 'list')).toEqual({ jobs: [] });
  });

  it('is proven by the doctor, which fails on a planted file', async () => {
    expect(await json('doctor')).toMatchObject({ ok: true, digest: expect.any(String), engine: expect.any(String) });
    writeFileSync(join(folder, 'home', 'planted.txt'), 'Remind me to water the plants');
    const ended = await run(['doctor', '--json'], passphrase);
    expect([ended.code, JSON.parse(ended.out).ok]).toEqual([1, false]);
    rmSync(join(folder, 'home', 'planted.txt'));
  });

  it('gives a fresh link of the window that runs here, and tells it of changes', async () => {
    const none = await run(['open', '--json']);
    expect([none.code, codeOf(none)]).toEqual([1, 'dependency.unavailable']);
    let changes = 0;
    const control = await serveControl(join(folder, 'home'), { link: () => 'http://127.0.0.1:1/#token', changed: () => void changes++ });
    expect(await json('open')).toEqual({ url: 'http://127.0.0.1:1/#token' });
    expect(changes).toBe(0);
    await json('records', 'list', 'note');
    expect(changes).toBe(0);
    await json('records', 'add', 'note', '--fields', '{"title":"from here"}');
    expect(changes).toBe(1);
    await control.close();
  });
});

describe('understand', () => {
  const nowhere = { ADIUVA_HOME: join(folder, 'nowhere') };

  it('needs no vault and makes none', async () => {
    const ended = await run(['understand', 'Remind me to call Ana tomorrow at 9:00', '--json'], { env: nowhere });
    expect(JSON.parse(ended.out)).toMatchObject({ agent: 'task', title: 'Call Ana', dates: [expect.objectContaining({ grain: 'minute' })] });
    expect(existsSync(nowhere.ADIUVA_HOME)).toBe(false);
  });

  it('answers each line with a line, refused ones too', async () => {
    const lines = [
      'call Ana tomorrow',
      JSON.stringify({ text: 'lunch on monday at 1pm', reference: '2026-11-20T09:00:00', timeZone: 'Europe/Rome' }),
      '',
      '{ not JSON',
      '{"text":7}',
      JSON.stringify({ text: 'x', timeZone: 'Mars/Base' }),
      'a\u2028b\rc',
      'x'.repeat(200_000),
    ];
    const ended = await run(['understand', '--stdin'], { env: nowhere, input: lines.join('\r\n') });
    const answers = ended.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(lines.length);
    expect(answers[1].dates[0].start).toBe('2026-11-23T13:00:00+01:00');
    expect(answers[5]).toEqual({ error: { code: 'request.invalid', message: expect.any(String), hint: expect.any(String) } });
    expect(answers.map((answer) => 'error' in answer)).toEqual([false, false, false, false, false, true, false, false]);
    expect(ended.code).toBe(2);
  });
});

it('text for a terminal shows what would steer it', () => {
  expect(plain('a\u001b[2Jb\u202ec\u0000\u009b\ttab\nline')).toBe('a\\u001b[2Jb\\u202ec\\u0000\\u009b\ttab\nline');
});

it('lines end with LF or CRLF alone, also across chunks', async () => {
  const chunks = ['a', '\r', '\nb\u2028', 'c\rd\n\n', Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)].map((chunk) =>
    Buffer.from(chunk as string),
  );
  const lines: string[] = [];
  for await (const line of linesOf(
    (async function* () {
      yield* chunks;
    })(),
  ))
    lines.push(line);
  expect(lines).toEqual(['a', 'b\u2028c\rd', '', 'é']);
});
