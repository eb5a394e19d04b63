import { mkdtemp, readlink, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../bridge/events.ts';
import { procedures, type CoreApi, type ProcedureName } from '../bridge/procedures.ts';
import { createCore } from './core.ts';
import type { Host } from './host.ts';
import type { Parts } from './parts.ts';
import { createPlans } from './plans/plans.ts';

const passphrase = 'a passphrase for tests';

/** A core over a folder of its own, or over that of another. Its cloud is an address where nobody answers. */
async function coreIn(given: { dataDir?: string; name?: Host['name']; parts?: Partial<Parts>; notify?: () => void } = {}) {
  const dataDir = given.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'adiuva-core-')));
  const clock = manualClock();
  const lines: string[] = [];
  const shown: string[] = [];
  const host: Host = {
    name: given.name ?? 'web',
    dataDir,
    cloudUrl: 'http://127.0.0.1:9',
    version: '1.2.3',
    deviceName: 'test',
    timeZone: 'Europe/Berlin',
    locale: 'en',
    clock,
    random: systemRandom,
    log: jsonLog((line) => void lines.push(line), clock.now, 'debug'),
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    secrets: null,
    notify: given.notify ?? ((title) => void shown.push(title)),
    openExternal: async () => undefined,
  };
  const core = await createCore(host, { checkAnswers: true, ...given.parts });
  const events: BridgeEvent[] = [];
  core.subscribe((event) => void events.push(event));
  onTestFinished(async () => {
    await core.close();
    if (given.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  });
  return { core, api: core.api, events, clock, lines, shown, dataDir };
}

async function opened(given: Parameters<typeof coreIn>[0] = {}) {
  const made = await coreIn(given);
  const { recoveryPhrase } = await made.api['vault.create']({ passphrase });
  return { ...made, recoveryPhrase };
}

const types = (events: readonly BridgeEvent[]) => events.map(({ type }) => type);
const names = Object.keys(procedures) as ProcedureName[];
/** Calls a row past its type, as a stranger would. */
const call = (api: CoreApi, name: ProcedureName, input?: unknown) => (api[name] as (input: unknown) => Promise<unknown>)(input);

/** Input that fits each row, to reach what comes after the check of input. */
const fitting: Partial<Record<ProcedureName, unknown>> = {
  'vault.confirmPhrase': { words: [0, 1, 2].map((index) => ({ index, word: 'x' })) },
  'vault.setPassphrase': { current: { with: 'passphrase', passphrase }, passphrase },
  'vault.setOsSlot': { enabled: false },
  'account.register': { email: 'a@b.example', password: 'password' },
  'account.login': { email: 'a@b.example', password: 'password' },
  'chat.sessions': {},
  'chat.rename': { sessionId: 's', title: 't' },
  'chat.delete': { sessionId: 's' },
  'chat.restore': { sessionId: 's' },
  'chat.messages': { sessionId: 's' },
  'chat.send': { text: 'x' },
  'chat.stop': { messageId: 'm' },
  'chat.regenerate': { messageId: 'm' },
  'chat.retry': { messageId: 'm' },
  'chat.goOn': { messageId: 'm' },
  'playbooks.run': { id: 'daily-brief' },
  'playbooks.results': {},
  'playbooks.result': { runId: 'r' },
  'chat.deleteMessage': { messageId: 'm' },
  'chat.restoreMessage': { messageId: 'm' },
  'chat.draft': { sessionId: null },
  'chat.saveDraft': { sessionId: null, text: 'x' },
  'chat.sent': { messageId: 'm' },
  'plans.list': {},
  'plans.get': { planId: 'p' },
  'plans.approve': { planId: 'p', hash: '0'.repeat(64) },
  'plans.reject': { planId: 'p' },
  'plans.edit': { planId: 'p', hash: '0'.repeat(64), steps: [{ action: 'llm', params: {}, explain: '' }] },
  'plans.undo': { runId: 'r' },
  'plans.undoPreview': { runId: 'r' },
  'plans.run': { runId: 'r' },
  'plans.runs': {},
  'activity.list': {},
  'records.list': { type: 'task' },
  'records.get': { id: 'x' },
  'records.add': { type: 'task', fields: { title: 'x' } },
  'records.update': { id: 'x', fields: {} },
  'records.delete': { id: 'x' },
  'search.query': { query: 'x' },
  'queue.retry': { jobId: 'j' },
  'queue.drop': { jobId: 'j' },
  'settings.set': {},
  'backup.setUp': { phrase: 'x' },
  'backup.schedule': { every: 'off', target: null },
  'backup.create': { target: { kind: 'cloud' } },
  'backup.list': { target: { kind: 'cloud' } },
  'backup.verify': { target: { kind: 'cloud' } },
  'backup.drill': { target: { kind: 'cloud' } },
  'backup.delete': { target: { kind: 'cloud' }, id: 'x' },
  'backup.takeOver': { target: { kind: 'cloud' } },
  'backup.prepare': { target: { kind: 'cloud' } },
  'backup.newPhrase': { passphrase, because: 'lost' },
};

describe('a closed vault', () => {
  it('answers every row that needs it open with its code, missing or locked', async () => {
    const { api } = await coreIn();
    const guarded = names.filter((name) => procedures[name].open);
    const codes = async () => [
      ...new Set(
        await Promise.all(
          guarded.map((name) =>
            call(api, name, fitting[name]).then(
              () => name,
              (error: AdiuvaError) => error.code,
            ),
          ),
        ),
      ),
    ];
    expect(guarded.length).toBeGreaterThan(35);
    expect(await codes()).toEqual(['vault.missing']);
    await api['vault.create']({ passphrase });
    await api['vault.lock'](undefined);
    expect(await codes()).toEqual(['vault.locked']);
  });

  it('still tells how things stand', async () => {
    const { api } = await coreIn();
    expect(await api['status.get'](undefined)).toMatchObject({
      vault: { state: 'missing' },
      account: null,
      connectivity: 'unknown',
      version: '1.2.3',
      engine: null,
      lastBackup: null,
      index: { entries: 0, documents: 0, pending: 0 },
      timeZone: 'Europe/Berlin',
    });
    await expect(api['vault.unlock']({ with: 'passphrase', passphrase })).rejects.toMatchObject({ code: 'vault.missing' });
  });
});

describe('the vault', () => {
  it('opens with the passphrase or the twelve words, not with others, and keeps everything over a lock', async () => {
    const { api, events, recoveryPhrase } = await opened();
    const { record } = await api['records.add']({ type: 'task', fields: { title: 'Kept' } });
    expect((await api['vault.lock'](undefined)).state).toBe('locked');
    await expect(api['vault.unlock']({ with: 'passphrase', passphrase: 'another one' })).rejects.toMatchObject({ code: 'vault.wrong_secret' });
    expect((await api['vault.unlock']({ with: 'phrase', phrase: recoveryPhrase })).state).toBe('open');
    expect((await api['records.get']({ id: record!.id })).fields['title']).toBe('Kept');
    expect(types(events).filter((type) => type === 'vault.changed')).toHaveLength(3);
    await expect(api['vault.create']({ passphrase })).rejects.toMatchObject({ code: 'vault.exists' });
    expect((await api['records.get']({ id: record!.id })).fields['title']).toBe('Kept');
  });

  it('unlocked twice at once is unlocked once; locked twice is locked', async () => {
    const { api } = await opened();
    await Promise.all([api['vault.lock'](undefined), api['vault.lock'](undefined)]).catch(() => undefined);
    const states = await Promise.all([1, 2, 3].map(() => api['vault.unlock']({ with: 'passphrase', passphrase })));
    expect(states.map(({ state }) => state)).toEqual(['open', 'open', 'open']);
    await api['records.add']({ type: 'task', fields: { title: 'x' } });
  });

  it('locks by itself after the minutes of the settings without use', async () => {
    const { api, clock, events } = await opened();
    await api['settings.set']({ autoLockMinutes: 5 });
    await clock.advance(4 * 60_000);
    expect((await api['vault.state'](undefined)).state).toBe('open');
    const last = async () => (await clock.advance(30_000), events.at(-1));
    await expect.poll(last, { timeout: 10_000 }).toMatchObject({ type: 'vault.changed', data: { state: 'locked' } });
    await expect(api['records.list']({ type: 'task', limit: 5 })).rejects.toMatchObject({ code: 'vault.locked' });
  });

  it('leaves no timer and no open file behind when the core closes, and answers by code after that', async () => {
    const { core, api, clock, dataDir } = await opened();
    await api['records.add']({ type: 'task', fields: { title: 'x', dueAt: '2026-11-20T10:00:00Z' } });
    await core.close();
    await core.close();
    const targets = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect([clock.pending(), targets.filter((target) => target.startsWith(dataDir))]).toEqual([0, []]);
    await expect(api['status.get'](undefined)).rejects.toMatchObject({ code: 'bridge.disconnected' });
  });
});

describe('the status of an open vault', () => {
  it('counts everything that search finds, and names the zone that is in force', async () => {
    const { api } = await opened();
    await api['records.add']({ type: 'task', fields: { title: 'Send the invoice' } });
    await api['records.add']({ type: 'note', fields: { title: 'Ideas', body: 'A garden' } });
    await api['settings.set']({ timeZone: 'Asia/Tokyo' });
    expect(await api['status.get'](undefined)).toMatchObject({ index: { entries: 2, documents: 0, pending: 0 }, timeZone: 'Asia/Tokyo' });
    await api['settings.set']({ timeZone: null });
    expect(await api['status.get'](undefined)).toMatchObject({ timeZone: 'Europe/Berlin' });
  });
});

describe('input', () => {
  it('that does not fit is refused in one place before anything happens', async () => {
    const { api } = await opened();
    const bad: [ProcedureName, unknown][] = [
      ['records.list', { type: 'virus' }],
      ['records.list', { type: 'task', limit: 100_000 }],
      ['records.add', { type: 'task', fields: [] }],
      ['records.add', { type: 'task', fields: {}, extra: 1 }],
      ['plans.approve', { planId: 'p', hash: 'short' }],
      ['settings.set', { autoLockMinutes: -1 }],
      ['vault.lock', { now: true }],
      ['search.query', undefined],
      ['records.get', { id: 'x'.repeat(101) }],
    ];
    for (const [name, input] of bad) await expect(call(api, name, input), name).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await api['records.list']({ type: 'task', limit: 5 })).records).toEqual([]);
  });
});

describe('a fault of ours', () => {
  it('becomes `internal` without its words, in the answer and in the log', async () => {
    const parts: Partial<Parts> = { createPlans: (deps) => ({ ...createPlans(deps), list: () => Promise.reject(new Error('secret words of the user')) }) };
    const { api, lines } = await opened({ parts });
    const error = await api['plans.list']({ limit: 5 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'internal', detail: undefined });
    expect(lines.join('\n')).toContain('plans.list');
    expect(lines.join('\n')).not.toContain('secret words');
  });
});

describe('a fault of those who are told', () => {
  it('takes nothing back: what was approved is done, once', async () => {
    const broken = () => {
      throw new Error('no display');
    };
    const { core, api, lines } = await opened({ notify: broken });
    core.subscribe(broken);
    const steps = [{ action: 'send_notification' as const, params: { title: 'Hi' }, explain: '' }];
    const parts = { action: 'create_record' as const, params: { type: 'task', fields: { title: 'x' } }, explain: '' };
    const { answer } = await api['chat.send']({ text: 'Add a task to call the bank tomorrow', mode: 'plan', offline: true });
    await expect
      .poll(async () => (await api['chat.messages']({ sessionId: answer.sessionId, limit: 9 })).messages.at(-1)?.planId, { timeout: 10_000 })
      .toBeTruthy();
    const [plan] = (await api['plans.list']({ state: 'proposed', limit: 5 })).plans;
    const edited = await api['plans.edit']({ planId: plan!.plan.id, hash: plan!.hash, steps: [...steps, parts] });
    expect((await api['plans.approve']({ planId: edited.plan.id, hash: edited.hash })).state).toBe('done');
    expect((await api['records.list']({ type: 'task', limit: 5 })).records).toHaveLength(1);
    expect(lines.join('\n')).toContain('core.listener_failed');
    expect(lines.join('\n')).toContain('core.task_failed');
  });
});

describe('a working day', () => {
  it('goes from a sentence to a task, back and again, with the cloud away', async () => {
    const { api, events } = await opened();
    const { answer, route } = await api['chat.send']({
      text: 'Remind me to send the invoice to Marta next Friday at 17:00, high priority',
      mode: 'plan',
      offline: false,
    });
    expect(route).toBe('local');
    await expect
      .poll(async () => (await api['chat.messages']({ sessionId: answer.sessionId, limit: 9 })).messages.at(-1)?.planId, { timeout: 10_000 })
      .toBeTruthy();
    const [plan] = (await api['plans.list']({ state: 'proposed', limit: 5 })).plans;
    const run = await api['plans.approve']({ planId: plan!.plan.id, hash: plan!.hash });
    const tasks = async () => (await api['records.list']({ type: 'task', limit: 5 })).records.map(({ fields }) => fields['title']);
    expect(await tasks()).toHaveLength(1);
    const undo = await api['plans.undo']({ runId: run.runId });
    expect(await tasks()).toEqual([]);
    await api['plans.undo']({ runId: undo.runId });
    expect(await tasks()).toHaveLength(1);
    expect((await api['search.query']({ query: 'invoice', limit: 5 })).hits.length).toBeGreaterThan(0);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  });

  it('answers every query with what its row promises', async () => {
    const { api } = await opened();
    await api['records.add']({ type: 'task', fields: { title: 'x' } });
    for (const name of ['status.get', 'vault.state', 'account.state', 'today.get', 'queue.list', 'settings.get', 'doctor.run'] as const)
      await api[name](undefined);
    for (const name of ['chat.sessions', 'plans.list', 'plans.runs', 'activity.list'] as const) await api[name]({ limit: 5 });
    expect((await api['doctor.run'](undefined)).checks.length).toBeGreaterThan(0);
    expect(await api['queue.drain'](undefined)).toEqual({ jobs: [] });
    expect(await api['account.state'](undefined)).toEqual({ account: null, cloudUrl: 'http://127.0.0.1:9' });
    await expect(api['account.login']({ email: 'a@b.example', password: 'password' })).rejects.toMatchObject({ code: 'cloud.offline' });
  });
});

describe('rooms that cannot be made', () => {
  it('leave the vault locked, with the reason, and do not keep the twelve words back', async () => {
    const createCloud = () => {
      throw new AdiuvaError('config.invalid');
    };
    const { api } = await coreIn({ parts: { createCloud } });
    expect((await api['vault.create']({ passphrase })).recoveryPhrase.split(' ')).toHaveLength(12);
    await expect(api['vault.unlock']({ with: 'passphrase', passphrase })).rejects.toMatchObject({ code: 'config.invalid' });
    expect((await api['vault.state'](undefined)).state).toBe('locked');
  });
});

describe('two processes on one vault', () => {
  it('share it, and the window hears what the command did', async () => {
    const window = await opened();
    const command = await coreIn({ dataDir: window.dataDir, name: 'cli' });
    await command.api['vault.unlock']({ with: 'passphrase', passphrase });
    const { record, runId } = await command.api['records.add']({ type: 'task', fields: { title: 'From the command line' } });
    const heard = () => window.events.filter(({ type }) => type === 'records.changed' || type === 'run.changed').map(({ data }) => data);
    await expect
      .poll(async () => (await window.clock.advance(2_000), heard()), { timeout: 10_000 })
      .toEqual([{ ids: [record!.id], types: ['task'] }, expect.objectContaining({ runId })]);
    expect((await window.api['records.get']({ id: record!.id })).fields['title']).toBe('From the command line');
    await window.clock.advance(4_000);
    expect(heard()).toHaveLength(2);
  });
});
