import { describe, expect, it, onTestFinished } from 'vitest';
import { packed, secret, unpack, vaultAt, words } from './restore.suite.ts';
import { at, message, scratchFolder, session } from './scratch.suite.ts';
import type { Store, StoredJob } from './store.ts';

const job = (id: string, more: Partial<StoredJob> = {}): StoredJob => ({
  id,
  kind: 'chat',
  sessionId: 's',
  messageId: `answer-${id}`,
  label: `Question ${id}`,
  state: 'waiting',
  attempts: 2,
  createdAt: at,
  nextTryAt: '2026-11-20T09:05:00.000Z',
  problem: null,
  payload: { kept: id },
  ...more,
});

/** A question with an answer that waits in the outbox. */
async function wait({ tx }: Store, id: string, more: Partial<StoredJob> = {}): Promise<void> {
  await tx(async (t) => {
    await t.messages.insert(message(`answer-${id}`, 's', { role: 'assistant', state: more.state === 'needs_you' ? 'failed' : 'queued', route: 'queued' }));
    await t.queue.insert(job(id, more));
  });
}

/** It went out and was answered. */
async function settle(store: Store, id: string): Promise<void> {
  await store.tx(async (t) => {
    await t.queue.remove(id);
    await t.messages.update({ ...(await t.messages.get(`answer-${id}`))!, state: 'done' });
  });
}

async function opened(dataDir = scratchFolder()) {
  const vault = vaultAt(dataDir, 'multiple-ciphers');
  onTestFinished(() => vault.lock());
  const { store } = await vault.create(secret.passphrase);
  await store.t.sessions.insert(session('s'));
  return { vault, store };
}

/** What the outbox says of each job, and its answer. */
async function outbox(store: Store): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { id, messageId, state, problem, payload } of await store.t.queue.list()) {
    const answer = await store.t.messages.get(messageId!);
    found[id] = [state, problem?.code ?? null, answer?.state, answer?.problem?.code ?? null, (payload as { kept: string }).kept === id];
  }
  return found;
}

const free = ['waiting', null, 'queued', null, true];
const parked = ['needs_you', 'queue.restored', 'failed', 'queue.restored', true];

describe('the outbox of a restored store', () => {
  it('on another device waits for the user, with the reason', async () => {
    const { vault, store } = await opened();
    await wait(store, 'waiting');
    await wait(store, 'under-way', { state: 'running' });
    await wait(store, 'asked', {
      state: 'needs_you',
      problem: { code: 'tier.required', title: 'Needs another plan', hint: 'See the plans', requestId: 'r' } as never,
    });
    for (const route of ['cloud', 'local'] as const)
      await store.t.messages.insert(message(`told-${route}`, 's', { role: 'assistant', state: 'streaming', route, text: 'As far as' }));
    const backup = await packed(store);
    await vault.lock();
    const other = vaultAt(scratchFolder(), 'multiple-ciphers');
    onTestFinished(() => other.lock());
    const there = await other.createFrom({
      vaultId: '01999999-0000-7000-8000-000000000001',
      phrase: words,
      passphrase: secret.passphrase,
      build: unpack(backup),
    });
    expect(await outbox(there)).toEqual({ waiting: parked, 'under-way': parked, asked: ['needs_you', 'tier.required', 'failed', null, true] });
    expect(await there.t.queue.get('waiting')).toMatchObject({ nextTryAt: null, attempts: 2 });
    expect(await there.t.messages.get('told-cloud')).toMatchObject({ state: 'failed', problem: { code: 'queue.restored' }, text: 'As far as' });
    expect(await there.t.messages.get('told-local')).toMatchObject({ state: 'streaming', problem: null });
  });

  it('on this device goes on with what still waits here, and asks about what went since; an undo likewise', async () => {
    const { vault, store } = await opened();
    await wait(store, 'still-waits');
    await wait(store, 'went');
    const backup = await packed(store);
    await settle(store, 'went');
    await wait(store, 'came-since');
    const restored = await (await vault.stage(unpack(backup))).swap();
    expect(await outbox(restored)).toEqual({ 'still-waits': free, went: parked });
    await settle(restored, 'still-waits');
    expect(await outbox(await vault.undoSwap())).toEqual({ 'still-waits': parked, 'came-since': free });
  });

  it('is as it was after an undo where nothing went out in between', async () => {
    const { vault, store } = await opened();
    const backup = await packed(store);
    for (const id of ['one', 'two']) await wait(store, id);
    const [before, digest] = [await outbox(store), await store.digest()];
    await (await vault.stage(unpack(backup))).swap();
    const back = await vault.undoSwap();
    expect(await outbox(back)).toEqual(before);
    expect(await back.digest()).toBe(digest);
  });
});
