import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdiuvaError, isErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { procedures, type InputOf, type ProcedureName } from '@adiuva/desktop/bridge/procedures.ts';
import { startWebServer } from '@adiuva/desktop/hosts/web/server.ts';
import { hostileValues, naughtyMissing, naughtyStrings, pathsOf, valueAt, withAt, withoutAt } from '../world/hostile.ts';
import { adiuva, cleanEnv, ownFolder } from '../world/processes.ts';
import { enterWindow } from '../world/window.ts';
import { createCloud, createDevice, createWorld, openDevice, passphrase, type Device, type WorldCloud } from '../world/world.ts';

const names = Object.keys(procedures) as ProcedureName[];
type Anything = (input: unknown) => Promise<unknown>;
const on = (device: Device, name: ProcedureName) => device.api()[name] as Anything;

/** What became of a call: `ok`, a code of the table, or what must never be. */
async function outcome(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (!(error instanceof AdiuvaError)) return `threw ${String(error)}`;
    return error.code !== 'internal' ? error.code : `${error.code}: ${String(error.cause)}`;
  }
}
/** An open vault that says it is locked would hide every other answer. */
const bad = (result: string) => result === 'vault.locked' || !(result === 'ok' || isErrorCode(result));

/** Ids of what the tests find in the vault. */
interface Seed {
  recordId: string;
  sessionId: string;
  messageId: string;
  planId: string;
  hash: string;
  runId: string;
  recoveryPhrase: string;
}

/** An input of each procedure that fits; a new procedure does not type-check until it stands here. */
const fitting: { [N in ProcedureName]: (seed: Seed) => InputOf<N> } = {
  'status.get': () => undefined,
  'vault.state': () => undefined,
  'vault.create': () => ({ passphrase }),
  'vault.confirmPhrase': () => ({ words: [0, 1, 2].map((index) => ({ index, word: 'zebra' })) }),
  'vault.phrase': () => undefined,
  'vault.unlock': () => ({ with: 'passphrase', passphrase }),
  'vault.lock': () => undefined,
  'vault.setPassphrase': ({ recoveryPhrase }) => ({ current: { with: 'phrase', phrase: recoveryPhrase }, passphrase }),
  'vault.setOsSlot': () => ({ enabled: false }),
  'account.state': () => undefined,
  'account.register': () => ({ email: 'somebody@example.org', password: 'correct horse' }),
  'account.login': () => ({ email: 'somebody@example.org', password: 'correct horse' }),
  'account.logout': () => undefined,
  'chat.sessions': () => ({ limit: 5, after: 'x' }),
  'chat.create': () => undefined,
  'chat.rename': ({ sessionId }) => ({ sessionId, title: 'Renamed' }),
  'chat.delete': () => ({ sessionId: 'nothing' }),
  'chat.restore': ({ sessionId }) => ({ sessionId }),
  'chat.messages': ({ sessionId }) => ({ sessionId, limit: 5, after: 'x' }),
  'chat.send': ({ sessionId }) => ({ sessionId, text: 'Remind me to water the plants', mode: 'plan', offline: true }),
  'chat.stop': ({ messageId }) => ({ messageId }),
  'chat.regenerate': () => ({ messageId: 'nothing' }),
  'chat.retry': () => ({ messageId: 'nothing' }),
  'chat.goOn': () => ({ messageId: 'nothing' }),
  'chat.deleteMessage': () => ({ messageId: 'nothing' }),
  'chat.restoreMessage': ({ messageId }) => ({ messageId }),
  'chat.draft': ({ sessionId }) => ({ sessionId }),
  'chat.saveDraft': ({ sessionId }) => ({ sessionId, text: 'a draft' }),
  'chat.sent': ({ messageId }) => ({ messageId }),
  'plans.list': () => ({ state: 'proposed', limit: 5, after: 'x' }),
  'plans.get': ({ planId }) => ({ planId }),
  'plans.approve': ({ planId }) => ({ planId, hash: '0'.repeat(64) }),
  'plans.reject': () => ({ planId: 'nothing' }),
  'plans.edit': ({ planId }) => ({
    planId,
    hash: '0'.repeat(64),
    steps: [{ action: 'create_record', params: { type: 'task', fields: { title: 'x' } }, dataFromStep: 0, explain: '' }],
  }),
  'plans.undo': () => ({ runId: 'nothing' }),
  'plans.undoPreview': ({ runId }) => ({ runId }),
  'plans.run': ({ runId }) => ({ runId }),
  'plans.runs': () => ({ limit: 5, after: 'x' }),
  'activity.list': ({ recordId }) => ({ recordId, limit: 5, after: 'x' }),
  'records.list': () => ({ type: 'task', query: 'x', status: 'open', from: '2026-11-20T09:00:00Z', to: '2026-11-21T09:00:00Z', limit: 5, after: 'x' }),
  'records.get': ({ recordId }) => ({ id: recordId }),
  'records.add': () => ({
    type: 'task',
    fields: { title: 'Another', notes: '', priority: 'low', dueAt: null, status: 'open', projectId: null, tags: ['a'], recurrence: null },
  }),
  'records.update': ({ recordId }) => ({ id: recordId, fields: { notes: 'x'.repeat(10), tags: ['b'] } }),
  'records.delete': () => ({ id: 'nothing' }),
  'today.get': () => undefined,
  'search.query': () => ({ query: 'plants', collection: 'task', limit: 5 }),
  'playbooks.list': () => undefined,
  'playbooks.refresh': () => undefined,
  'playbooks.run': () => ({ id: 'daily-brief', inputs: {}, here: true }),
  'playbooks.results': () => ({ id: 'daily-brief', limit: 5 }),
  'playbooks.result': () => ({ runId: 'nothing' }),
  'queue.list': () => undefined,
  'queue.drain': () => undefined,
  'queue.retry': () => ({ jobId: 'nothing' }),
  'queue.drop': () => ({ jobId: 'nothing' }),
  'settings.get': () => undefined,
  'settings.set': () => ({ appearance: { theme: 'dark' }, displayName: 'Marta', timeZone: 'Europe/Rome', autoLockMinutes: 0, keys: { send: 'Enter' } }),
  'doctor.run': () => undefined,
  // Places are the cloud, where nobody is signed in, or are only read: a hostile path must not make folders on this machine.
  'backup.state': () => undefined,
  'backup.setUp': ({ recoveryPhrase }) => ({ phrase: recoveryPhrase }),
  'backup.schedule': () => ({ every: 'off', target: null }),
  'backup.create': () => ({ target: cloud, full: false }),
  'backup.cancel': () => undefined,
  'backup.list': () => ({ target: cloud }),
  'backup.verify': () => ({ target: cloud, id: 'nothing', full: true }),
  'backup.drill': () => ({ target: cloud }),
  'backup.delete': () => ({ target: cloud, id: 'nothing', password: 'correct horse' }),
  'backup.takeOver': () => ({ target: cloud }),
  'backup.prepare': ({ recoveryPhrase }) => ({ target: cloud, id: 'nothing', phrase: recoveryPhrase }),
  'backup.restore': () => undefined,
  'backup.discard': () => undefined,
  'backup.undoRestore': () => undefined,
  'backup.open': ({ recoveryPhrase }) => ({ target: { kind: 'folder', path: '/nowhere/to/be/found' }, phrase: recoveryPhrase }),
  'backup.restoreHere': () => ({ id: 'nothing', passphrase }),
  'backup.newPhrase': () => ({ passphrase: 'not the one', because: 'lost' }),
};

const cloud = { kind: 'cloud' } as const;

async function seeded(device: Device & { recoveryPhrase: string }): Promise<Seed> {
  const { record, runId } = await device.api()['records.add']({ type: 'task', fields: { title: 'The first', notes: 'kept' } });
  const { answer, plan } = await device.ask('Add a task to call the bank tomorrow', { offline: true });
  return {
    recordId: record!.id,
    sessionId: answer.sessionId,
    messageId: answer.id,
    planId: plan!.plan.id,
    hash: plan!.hash,
    runId,
    recoveryPhrase: device.recoveryPhrase,
  };
}

interface Try {
  readonly name: ProcedureName;
  readonly what: string;
  readonly input: unknown;
}

/** Every hostile value in every place of every procedure's input; besides, each place left out and a field nobody knows. */
/** Where nothing is tried: a text that an earlier try made the passphrase would be the right one for new words, and the old ones end. */
const isLeftAlone = (name: ProcedureName, path: readonly (string | number)[]) => name === 'backup.newPhrase' && path[0] === 'passphrase';

function hostileTries(seed: Seed): Try[] {
  return names.flatMap((name) => {
    const good: unknown = fitting[name](seed);
    const paths = pathsOf(good).filter((path) => !isLeftAlone(name, path));
    const replaced = paths.flatMap((path) =>
      hostileValues.map(([what, value]): Try => ({ name, what: `${what} at ${path.join('.') || 'the whole'}`, input: withAt(good, path, value) })),
    );
    const left =
      good === undefined ? [] : paths.map((path): Try => ({ name, what: `nothing at ${path.join('.') || 'the whole'}`, input: withoutAt(good, path) }));
    const more = good === undefined ? [] : [{ name, what: 'an unknown field', input: { ...(good as object), surprise: 1 } }];
    return [...replaced, ...left, ...more];
  });
}

/** Naughty strings wherever a text stands; changes get some of them, because each costs a transaction. */
function naughtyTries(seed: Seed): Try[] {
  return names.flatMap((name) => {
    const good: unknown = fitting[name](seed);
    const texts = pathsOf(good).filter((path) => typeof valueAt(good, path) === 'string' && !isLeftAlone(name, path));
    const every = name.startsWith('vault.') ? 150 : procedures[name].kind === 'query' ? 1 : 15;
    return texts.flatMap((path, place) =>
      naughtyStrings
        .filter((_, index) => index % every === place % every)
        .map((text): Try => ({ name, what: `${JSON.stringify(text)} at ${path.join('.')}`, input: withAt(good, path, text) })),
    );
  });
}

describe('every procedure of the bridge', { concurrent: false, timeout: 60_000 }, () => {
  /** Stays as it was seeded until the end; everything is tried on a copy of it first. */
  let untouched: Device & { recoveryPhrase: string };
  let device: Device;
  let seed: Seed;
  const refused: Try[] = [];
  const open = (each: Device) => each.api()['vault.unlock']({ with: 'phrase', phrase: untouched.recoveryPhrase });
  const digest = async (each: Device) => (await each.api()['doctor.run'](undefined)).digest;
  const copy = ownFolder('copy');

  beforeAll(async () => {
    untouched = await openDevice();
    seed = await seeded(untouched);
    await untouched.api()['settings.set']({ autoLockMinutes: 0 });
    await untouched.core().close();
    cpSync(untouched.home, copy.folder, { recursive: true });
    device = await createDevice({ folder: copy.folder });
    await open(device);
  });
  afterAll(async () => {
    await device?.remove();
    await untouched?.remove();
    copy.remove();
  });

  async function attempt(tries: readonly Try[]): Promise<string[]> {
    const faults: string[] = [];
    for (const one of tries) {
      const result = await outcome(() => on(device, one.name)(one.input));
      if (bad(result)) faults.push(`${one.name} with ${one.what}: ${result}`);
      else if (result !== 'ok') refused.push(one);
    }
    return faults;
  }

  it('takes what fits', async () => {
    const expected: Partial<Record<ProcedureName, string>> = {
      'vault.create': 'vault.exists',
      'account.register': 'cloud.offline',
      'account.login': 'cloud.offline',
      'plans.approve': 'plan.changed',
      'plans.edit': 'plan.changed',
      'vault.setOsSlot': 'ok',
      'backup.create': 'auth.required',
      'backup.list': 'auth.required',
      'backup.verify': 'auth.required',
      'backup.drill': 'auth.required',
      'backup.delete': 'auth.required',
      'backup.takeOver': 'auth.required',
      'backup.prepare': 'auth.required',
      'backup.undoRestore': 'backup.nothing_kept',
      'backup.restore': 'backup.not_found',
      'backup.open': 'vault.exists',
      'backup.restoreHere': 'backup.missing',
      'backup.newPhrase': 'vault.wrong_secret',
      'playbooks.refresh': 'auth.required',
    };
    for (const name of names.filter((each) => each !== 'vault.lock' && each !== 'account.logout')) {
      const result = await outcome(() => on(device, name)(fitting[name](seed)));
      expect([name, result]).toEqual([name, expected[name] ?? expect.stringMatching(/^ok$|_found$/)]);
    }
  });

  it('answers hostile values with an answer or a code of the table, never with a fault of its own', async () => {
    expect(await attempt(hostileTries(seed))).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses fields that it does not know', async () => {
    for (const name of names.filter((each) => fitting[each](seed) !== undefined))
      expect([name, await outcome(() => on(device, name)({ ...(fitting[name](seed) as object), surprise: 1 }))]).toEqual([name, 'request.invalid']);
  });

  it(`answers naughty strings so too${naughtyMissing ? ` (${naughtyMissing})` : ''}`, async ({ skip }) => {
    if (naughtyMissing) skip(naughtyMissing);
    expect(await attempt(naughtyTries(seed))).toEqual([]);
  });

  it('lost nothing of what was there', async () => {
    expect((await device.api()['records.get']({ id: seed.recordId })).fields['title']).toBe('The first');
    const { messages } = await device.api()['chat.messages']({ sessionId: seed.sessionId, limit: 1 });
    expect(messages[0]?.text).toBe('Add a task to call the bank tomorrow');
    expect((await device.api()['plans.get']({ planId: seed.planId })).state).toBe('proposed');
    await device.restart();
    await open(device);
    expect((await device.api()['doctor.run'](undefined)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('changes nothing where it refused', async () => {
    await untouched.restart();
    await open(untouched);
    const before = await digest(untouched);
    const head = readFileSync(path.join(untouched.home, 'vault.json'), 'utf8');
    expect(refused.length).toBeGreaterThan(1_000);
    const taken: string[] = [];
    for (const one of refused.filter(({ name }) => name !== 'vault.unlock'))
      if ((await outcome(() => on(untouched, one.name)(one.input))) === 'ok') taken.push(`${one.name} with ${one.what}`);
    expect(taken).toEqual([]);
    expect(await digest(untouched)).toBe(before);
    expect(readFileSync(path.join(untouched.home, 'vault.json'), 'utf8')).toBe(head);
  });

  it(`keeps what it accepts to the letter${naughtyMissing ? ` (${naughtyMissing})` : ''}`, async ({ skip }) => {
    if (naughtyMissing) skip(naughtyMissing);
    const nasty = hostileValues.map(([, value]) => value).filter((value): value is string => typeof value === 'string' && value.length < 1_000);
    const texts = [...naughtyStrings, ...nasty];
    const kept: [string, string][] = [];
    for (const text of texts) {
      const tags = text === '' || text.length > 100 ? [] : [text];
      const result = await device.api()['records.add']({ type: 'note', fields: { title: `n ${text}`.slice(0, 1_000), body: text, tags } });
      expect(result.record?.fields).toEqual({ title: `n ${text}`.slice(0, 1_000).trim(), body: text, tags });
      kept.push([result.record!.id, text]);
    }
    await device.restart();
    await open(device);
    for (const [id, text] of kept) expect((await device.api()['records.get']({ id })).fields['body']).toBe(text);
    for (const text of [...texts.filter((_, index) => index % 10 === 0), ...nasty, 'x'.repeat(10 * 1024 * 1024)]) {
      await device.api()['chat.saveDraft']({ sessionId: seed.sessionId, text });
      expect((await device.api()['chat.draft']({ sessionId: seed.sessionId })).text === text).toBe(true);
    }
    for (const text of [...texts.filter((_, index) => index % 25 === 0), ...nasty].filter((each) => each.trim() !== '')) {
      const { question, answer } = await device.ask(text, { offline: true });
      expect(answer.state).toMatch(/^(done|queued)$/);
      const { messages } = await device.api()['chat.messages']({ sessionId: question.sessionId, limit: 1 });
      expect(messages[0]?.text).toBe(text);
    }
  });

  it.each(['\0\u0001\u001b control', 'half \ud83e of a sign', 'ключ 🔑 漢字', '   eight blanks   ', 'e\u0301'.repeat(8), 'x'.repeat(1_024)])(
    'a passphrase such as %j opens what it closed',
    async (next) => {
      await device.api()['vault.setPassphrase']({ current: { with: 'phrase', phrase: untouched.recoveryPhrase }, passphrase: next });
      await device.restart();
      await expect(
        device.api()['vault.unlock']({ with: 'passphrase', passphrase: `${next}x`.slice(0, 1_024).replace(/^x+$/, 'wrong passphrase') }),
      ).rejects.toMatchObject({ code: 'vault.wrong_secret' });
      // Keyboards differ in how they compose a letter.
      expect(await device.api()['vault.unlock']({ with: 'passphrase', passphrase: next.normalize('NFC') })).toMatchObject({ state: 'open' });
    },
  );
});

describe('a plan that cannot be', { timeout: 30_000 }, () => {
  const step = (dataFromStep: number, title = '$data.title') =>
    ({ action: 'create_record', params: { type: 'task', fields: { title } }, dataFromStep, explain: '' }) as const;
  const plain = { action: 'create_record', params: { type: 'task', fields: { title: 'x' } }, explain: '' } as const;

  it.each([
    ['waits for itself', [step(0)]],
    ['waits for a later step', [step(1), plain]],
    ['goes in a circle', [step(1), step(0)]],
    ['waits for a step that is not there', [plain, step(7)]],
    ['holds a placeholder and waits for nothing', [{ ...plain, params: { type: 'task', fields: { title: '$data.title' } } }]],
    ['names an unknown type', [{ ...plain, params: { type: 'cat', fields: {} } }]],
    ['is too long', Array.from({ length: 51 }, () => plain)],
    ['is too large', [{ ...plain, params: { type: 'note', fields: { title: 'x', body: 'x'.repeat(300_000) } } }]],
    [
      'nests too deeply',
      [{ ...plain, params: { type: 'task', fields: Array.from({ length: 5_000 }).reduce<unknown>((inside) => ({ inside }), 1) as Record<string, unknown> } }],
    ],
  ])('%s: it is refused with plan.invalid, and the one before still waits', async (_name, steps) => {
    const device = await openDevice();
    try {
      const seed = await seeded(device);
      expect(await outcome(() => on(device, 'plans.edit')({ planId: seed.planId, hash: seed.hash, steps }))).toBe('plan.invalid');
      expect(await device.api()['plans.get']({ planId: seed.planId })).toMatchObject({ state: 'proposed', hash: seed.hash });
      await device.api()['plans.approve']({ planId: seed.planId, hash: seed.hash });
    } finally {
      await device.remove();
    }
  });

  it('whose step finds nothing at its path is undone as a whole', async () => {
    const device = await openDevice();
    try {
      const seed = await seeded(device);
      const edited = await device.api()['plans.edit']({ planId: seed.planId, hash: seed.hash, steps: [plain, { ...step(0, '$data.__proto__.x') }] });
      const before = canonicalJson(await device.api()['records.list']({ type: 'task', limit: 100 }));
      expect(await outcome(() => device.api()['plans.approve']({ planId: edited.plan.id, hash: edited.hash }))).toMatch(/^plan\./);
      expect(canonicalJson(await device.api()['records.list']({ type: 'task', limit: 100 }))).toBe(before);
    } finally {
      await device.remove();
    }
  });
});

/** The launcher says so when the sources were changed since it last built. */
const withoutBuilding = (errors: string) => errors.replaceAll(/^adiuva: building .*\n/gm, '');

describe('the window and the command line', { timeout: 60_000 }, () => {
  const raws: readonly (readonly [string, string | Buffer])[] = [
    ['nothing', ''],
    ['no JSON', '{"text":'],
    ['binary', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['broken UTF-8', Buffer.from('{"text":"\xff\xfe"}', 'latin1')],
    ['UTF-16', Buffer.from('{"text":"x"}', 'utf16le')],
    ['10 MB', JSON.stringify({ sessionId: null, text: 'x'.repeat(10 * 1024 * 1024) })],
    ['nested lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a prototype key', '{"sessionId":null,"text":"x","__proto__":{"polluted":true}}'],
    ['an unknown mark', '{"$":["function","x"]}'],
    ['a key twice', '{"sessionId":null,"text":"x","text":7}'],
  ];

  it('the loopback host answers raw bodies with a problem and a code, and goes on', async () => {
    const device = await openDevice();
    const serving = { core: device.core().api, subscribe: device.core().subscribe, turn: (next: () => void) => void setImmediate(next) };
    const host = await startWebServer({ serving, assets: new Map(), port: 0, clock: systemClock, random: systemRandom });
    try {
      const window = await enterWindow(host.link());
      const send = async (path: string, body: string | Buffer, type = 'application/json') => {
        const headers = { origin: window.origin, 'content-type': type, cookie: `adiuva-${host.port}=${window.cookie}` };
        const response = await fetch(`${window.origin}/trpc/${path}`, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) });
        const reply = (await response.json()) as { code?: string; error?: { data?: { problem?: { code?: string } } } };
        return [response.status, reply.error?.data?.problem?.code ?? reply.code] as const;
      };
      await window.call('chat.saveDraft', { sessionId: null, text: 'the draft' });
      for (const [what, body] of raws) {
        const [status, code] = await send('chat.saveDraft', body);
        expect([what, status, code]).toEqual([
          what,
          expect.toSatisfy((n: number) => n >= 400 && n < 500),
          expect.toSatisfy((c: unknown) => isErrorCode(c) && c !== 'internal'),
        ]);
      }
      for (const [path, type] of [
        ['chat.saveDraft', 'text/plain'],
        ['nothing.here', 'application/json'],
        ['__proto__', 'application/json'],
        ['%00', 'application/json'],
        ['%ff', 'application/json'],
      ] as const) {
        const [status, code] = await send(path, '{"sessionId":null,"text":"y"}', type);
        expect([path, status >= 400 && status < 500, isErrorCode(code)]).toEqual([path, true, true]);
      }
      expect(await window.call('chat.draft', { sessionId: null })).toEqual({ text: 'the draft' });
    } finally {
      await host.close();
      await device.remove();
    }
  });

  it('understand answers each line, whatever it is', async () => {
    const own = ownFolder('bad');
    const env = cleanEnv({ ADIUVA_HOME: own.folder });
    try {
      const lines = [
        'call Ana tomorrow',
        '{"text":',
        '{"text":7}',
        '{"text":"x","reference":"never","timeZone":"Mars/Base"}',
        '{"__proto__":{"text":"x"}}',
        '[]',
        'null',
        'x'.repeat(10 * 1024 * 1024),
        ...naughtyStrings.map((text) => JSON.stringify({ text })),
        'the last one',
      ];
      const end = await adiuva(['understand', '--stdin', '--json'], env, lines.join('\n'));
      const answers = end.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { agent?: string; error?: { code: string } });
      expect(answers).toHaveLength(lines.length);
      expect(answers.filter(({ error }) => error && (!isErrorCode(error.code) || error.code === 'internal'))).toEqual([]);
      expect(answers.at(-1)?.agent).toBeTypeOf('string');
      expect(withoutBuilding(end.stderr)).toBe('');
      const binary = await adiuva(['understand', '--stdin', '--json'], env, Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256)).toString('latin1'));
      expect(
        binary.stdout
          .trimEnd()
          .split('\n')
          .every((line) => JSON.parse(line)),
      ).toBe(true);
    } finally {
      own.remove();
    }
  });

  it('records add, update and search refuse with a code and an exit of the table, and nothing changes', async () => {
    const device = await openDevice();
    const seed = await seeded(device);
    const before = (await device.api()['doctor.run'](undefined)).digest;
    await device.core().close();
    const env = cleanEnv({ ADIUVA_HOME: device.home, ADIUVA_PASSPHRASE: passphrase, ADIUVA_CLOUD_URL: 'http://127.0.0.1:9' });
    const nested = `{"title":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const tries: readonly (readonly [string[], number, string])[] = [
      [['records', 'add', 'task', '--fields', '{"title":""}'], 2, 'record.invalid'],
      [['records', 'add', 'task', '--fields', '{"title":"x","__proto__":{"notes":"y"},"constructor":1}'], 2, 'record.invalid'],
      [['records', 'add', 'task', '--fields', '{"title":"x","dueAt":"tomorrow"}'], 2, 'record.invalid'],
      [['records', 'add', 'event', '--fields', '{"title":"x","startAt":"2026-11-21T10:00:00Z","endAt":"2026-11-21T09:00:00Z"}'], 2, 'record.invalid'],
      [['records', 'add', 'task', '--fields', nested], 2, 'record.invalid'],
      [['records', 'add', 'task', '--fields', '\u0001\ufffd'], 2, 'usage.invalid'],
      [['records', 'update', seed.recordId, '--fields', '{"status":"maybe"}'], 2, 'record.invalid'],
      [['records', 'update', `${seed.recordId}'; drop table records; --`, '--fields', '{}'], 1, 'record.not_found'],
      [['plans', 'approve', seed.planId, '--hash', '0'.repeat(64)], 1, 'plan.changed'],
      [['search', 'x'.repeat(100_000)], 2, 'request.invalid'],
      [['chat', 'x'.repeat(100_000)], 2, 'chat.message_too_long'],
    ];
    for (const [args, code, error] of tries) {
      const end = await adiuva([...args, '--json'], env);
      expect([args.join(' ').slice(0, 60), end.code, end.stdout, (JSON.parse(withoutBuilding(end.stderr)) as { error: { code: string } }).error.code]).toEqual([
        args.join(' ').slice(0, 60),
        code,
        '',
        error,
      ]);
    }
    await device.restart();
    await device.api()['vault.unlock']({ with: 'passphrase', passphrase });
    expect((await device.api()['doctor.run'](undefined)).digest).toBe(before);
    await device.remove();
  });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly problem: { code?: unknown; requestId?: unknown };
}

describe('every route of the cloud', { concurrent: false, timeout: 60_000 }, () => {
  let cloud: WorldCloud;
  let token = '';
  let base = '';
  /** A body that fits each route that takes one; a route of the document that is not here fails the test. */
  const context = { userProfile: { timeZone: 'Europe/Rome', locale: 'en-GB', now: '2026-11-20T09:00:00Z' } };
  const bodies: Record<string, unknown> = {
    'POST /auth/register': { email: 'another@example.org', password: 'correct horse', deviceName: 'a device' },
    'POST /auth/login': { email: 'nobody@example.org', password: 'correct horse' },
    'POST /auth/refresh': { refreshToken: 'x'.repeat(43), nextRefreshTokenHash: 'y'.repeat(43) },
    'POST /auth/logout': { refreshToken: 'x'.repeat(43) },
    'POST /auth/password': { currentPassword: 'not the password', newPassword: 'another password' },
    'POST /backup/objects/missing': { objects: [{ id: 'a'.repeat(43), bytes: 100 }] },
    'DELETE /backup/{id}': { password: 'not the password' },
    'POST /plans/llm-step': { templateId: 'day.words', variables: { day: 'Friday' } },
    'POST /billing/checkout': { tier: 'pro', seats: 1 },
    'POST /billing/webhook': { id: 'evt_1', type: 'invoice.paid', data: { object: { customer: 'cus_1' } } },
    'POST /chat': {
      requestId: 'request-1',
      sessionId: 'session-1',
      message: 'Remind me to water the plants',
      executionMode: 'plan',
      context: { ...context, recentTasks: [{ id: 'a', fields: { title: 'x' } }], conversationHistory: [{ role: 'user', content: 'x' }] },
    },
  };
  const bodiless = ['POST /auth/logout-all', 'POST /billing/portal'];
  let routes: { method: string; path: string }[] = [];

  beforeAll(async () => {
    cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' });
    base = `http://127.0.0.1:${cloud.port()}`;
    const reply = await fetch(`${base}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'marta@example.org', password: 'correct horse' }),
    });
    token = ((await reply.json()) as { accessToken: string }).accessToken;
    const document = (await (await fetch(`${base}/api/v1/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> };
    routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })));
  });
  afterAll(() => cloud?.remove());

  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path.replace(/^\/api\/v1/, '')}`;
  const fill = (path: string, value = 'nothing-here') => `${base}${path.replaceAll(/\{\w+\}/g, encodeURIComponent(value))}`;
  async function ask(method: string, url: string, body?: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, problem: /json/.test(type) && text !== '' ? (JSON.parse(text) as Answer['problem']) : {} };
  }
  /** Null where the answer is one that may be. */
  function fault({ status, type, problem }: Answer): string | null {
    // This cloud takes no payments, and says so.
    if (status < 400 || problem.code === 'billing.not_configured') return null;
    if (status >= 500) return `status ${status}, code ${String(problem.code)}`;
    if (!type.startsWith('application/problem+json')) return `status ${status} as ${type}`;
    if (!isErrorCode(problem.code)) return `code ${String(problem.code)}`;
    return typeof problem.requestId === 'string' ? null : 'no request id';
  }

  it('is in the tables of these tests', () => {
    expect(routes.length).toBeGreaterThan(12);
    expect(routes.map(nameOf).filter((name) => name.startsWith('POST ') && !(name in bodies) && !bodiless.includes(name))).toEqual([]);
  });

  it('answers hostile bodies with a problem, its code and a request id, never with a fault of its own', async () => {
    const faults: string[] = [];
    for (const route of routes.filter((each) => nameOf(each) in bodies)) {
      const good = bodies[nameOf(route)];
      const tries = pathsOf(good).flatMap((path) => [
        ...hostileValues
          .filter(([what]) => what !== '10 MB' || path.length === 1)
          .map(([what, value]) => [`${what} at ${path.join('.')}`, write(withAt(good, path, value))] as const),
        [`nothing at ${path.join('.')}`, write(withoutAt(good, path))] as const,
      ]);
      const raw: [string, string | Uint8Array<ArrayBuffer>][] = [
        ['no JSON', '{"a":'],
        ['binary', new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte))],
        ['broken UTF-8', new Uint8Array(Buffer.from('{"email":"\xff"}', 'latin1'))],
        ['nested lists', '['.repeat(20_000) + ']'.repeat(20_000)],
        ['200,000 levels within', JSON.stringify(good).replace('"title":"x"', `"title":${'['.repeat(200_000)}${']'.repeat(200_000)}`)],
        ['a prototype key', '{"__proto__":{"email":"x"},"constructor":{"prototype":{}}}'],
        ['an unknown field', JSON.stringify({ ...(good as object), surprise: 1 })],
      ];
      for (const [what, body] of [...tries, ...raw]) {
        const wrong = fault(await ask(route.method, fill(route.path), body));
        if (wrong) faults.push(`${nameOf(route)} with ${what}: ${wrong}`);
      }
      for (const headers of [
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/xml; charset=\u00ff' },
        { 'content-encoding': 'gzip' },
        { authorization: 'Bearer \u00ff\u00fe' },
        { authorization: 'x'.repeat(5_000) },
        { 'x-request-id': '<script>'.repeat(50) },
        { accept: 'text/event-stream;q=x' },
      ] as Record<string, string>[]) {
        const wrong = fault(await ask(route.method, fill(route.path), '{"x":1}', headers));
        if (wrong) faults.push(`${nameOf(route)} with ${JSON.stringify(headers).slice(0, 80)}: ${wrong}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('answers hostile ids, queries and methods so too', async () => {
    const faults: string[] = [];
    const texts = [
      '..',
      '%',
      '\0',
      '\u202e',
      '__proto__',
      'x'.repeat(150),
      'x'.repeat(5_000),
      ...naughtyStrings.filter((text, index) => index % 8 === 0 && text.isWellFormed()),
    ];
    for (const route of routes.filter(({ path }) => path !== '/api/v1/auth/logout-all')) {
      for (const text of route.path.includes('{') ? texts : []) {
        const wrong = fault(await ask(route.method, fill(route.path, text)));
        if (wrong) faults.push(`${nameOf(route)} for ${JSON.stringify(text)}: ${wrong}`);
      }
      for (const query of ['?x=%00', '?%ff', `?${'a[b]=c&'.repeat(500)}`, '?__proto__[x]=1']) {
        const wrong = fault(await ask('GET', `${fill(route.path)}${query}`));
        if (wrong) faults.push(`GET ${route.path}${query.slice(0, 20)}: ${wrong}`);
      }
      for (const method of ['PUT', 'PATCH', 'OPTIONS', 'DELETE'].filter(
        (each) => !routes.some(({ method: known, path }) => path === route.path && known === each),
      )) {
        const wrong = fault(await ask(method, fill(route.path)));
        if (wrong) faults.push(`${method} ${route.path}: ${wrong}`);
      }
    }
    for (const path of ['/%ff', '/%00', '/api/v1/../../etc/passwd', '//evil', `/${'x'.repeat(10_000)}`]) {
      const wrong = fault(await ask('GET', `${base}${path}`));
      if (wrong) faults.push(`${path.slice(0, 40)}: ${wrong}`);
    }
    expect(faults).toEqual([]);
  });

  it('the socket refuses hostile frames with an error frame or a close, and the cloud goes on', async () => {
    const frames: (string | Uint8Array<ArrayBuffer>)[] = [
      '',
      'null',
      '[]',
      '{"type":"request"',
      '{"type":"request","request":{}}',
      '{"type":"constructor"}',
      '{"type":"resume","requestId":"nothing-here","afterSeq":-1}',
      '{"type":"cancel","requestId":7}',
      '['.repeat(50_000),
      JSON.stringify({ type: 'request', request: { ...(bodies['POST /chat'] as object), message: '\0' }, token: 'x' }),
      new Uint8Array(300),
      'x'.repeat(3 * 1024 * 1024),
    ];
    for (const frame of frames) {
      const heard = await new Promise<string>((resolve) => {
        const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/chat/stream`);
        socket.onopen = () => socket.send(frame);
        socket.onmessage = ({ data }) => {
          socket.close();
          resolve(String(data));
        };
        socket.onclose = ({ code }) => resolve(`{"closed":${code}}`);
      });
      const answer = JSON.parse(heard) as { closed?: number; type?: string; problem?: { code: string } };
      expect([
        String(frame).slice(0, 60),
        answer.closed ? answer.closed > 1000 : answer.type === 'error' && isErrorCode(answer.problem?.code) && answer.problem?.code !== 'internal',
      ]).toEqual([String(frame).slice(0, 60), true]);
    }
    expect((await ask('GET', `${base}/api/v1/auth/me`)).status).toBe(200);
    expect((await ask('POST', `${base}/api/v1/chat`, JSON.stringify({ ...(bodies['POST /chat'] as object), requestId: 'request-2' }))).status).toBe(200);
  });
});

/** JSON as far as there is JSON for it; nothing at all becomes an empty body. */
const write = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '['.repeat(10_000) + ']'.repeat(10_000);
  }
};

describe('a clock that is wrong', { timeout: 60_000 }, () => {
  const year = 365 * 24 * 3_600_000;
  const shifted = () => {
    const clock = { shift: 0, now: () => systemClock.now() + clock.shift, after: systemClock.after, sleep: systemClock.sleep };
    return clock satisfies Clock;
  };

  it.each([
    ['ahead', year],
    ['behind', -year],
  ])('by a year %s on the device: accounts, chat, plans, tokens and the outbox work, and nothing is lost when it is set right', async (_name, shift) => {
    const [here, there] = [shifted(), shifted()];
    here.shift = shift;
    const world = await createWorld({ device: { clock: here }, overrides: { clock: there } });
    const api = () => world.device.api();
    try {
      const first = await world.device.ask('Remind me to send the invoice to Marta next Friday at 17:00');
      expect([first.route, first.answer.state]).toEqual(['cloud', 'done']);
      const due = String((first.plan!.plan.steps[0]!.params['fields'] as { dueAt: string }).dueAt);
      expect(Math.abs(Date.parse(due) - here.now())).toBeLessThan(15 * 24 * 3_600_000);
      const run = await api()['plans.approve']({ planId: first.plan!.plan.id, hash: first.plan!.hash });
      expect((await api()['records.list']({ type: 'task', limit: 9 })).records).toHaveLength(1);

      there.shift = 20 * 60_000; // the access token ends by the clock of the cloud alone
      expect((await world.device.ask('Add a task to sweep the yard')).route).toBe('cloud');

      world.link.pull();
      const waiting = await world.device.ask('Write me a limerick about a lighthouse keeper');
      expect(waiting.answer.state).toBe('queued');
      here.shift = 0;
      expect((await api()['queue.list'](undefined)).jobs).toHaveLength(1);
      world.link.plug();
      world.device.events.length = 0;
      await api()['queue.drain'](undefined);
      expect((await world.device.seen('chat.message', (m) => m.id === waiting.answer.id && m.state === 'done')).route).toBe('cloud');

      const after = await world.device.ask('Add a task to paint the fence', { sessionId: first.answer.sessionId });
      expect(after.route).toBe('cloud');
      await api()['plans.approve']({ planId: after.plan!.plan.id, hash: after.plan!.hash });
      await api()['plans.undo']({ runId: run.runId });
      await world.device.restart();
      await api()['vault.unlock']({ with: 'passphrase', passphrase });
      expect((await api()['records.list']({ type: 'task', limit: 9 })).records.map(({ fields }) => fields['title'])).toEqual(['Paint the fence']);
      const { messages } = await api()['chat.messages']({ sessionId: first.answer.sessionId, limit: 100 });
      expect(messages.map(({ role, state }) => [role, state])).toEqual([
        ['user', 'done'],
        ['assistant', 'done'],
        ['user', 'done'],
        ['assistant', 'done'],
      ]);
      expect((await world.device.ask('Add a task to feed the cat')).route).toBe('cloud');
    } finally {
      await world.close();
    }
  });
});
