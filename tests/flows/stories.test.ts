import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedModel } from '@adiuva/shared/models/scripted.ts';
import { createDevice, createWorld, openDevice, passphrase, type Device } from '../world/world.ts';

const sentence = 'Remind me to send the invoice to Marta next Friday at 17:00, high priority';
type World = Awaited<ReturnType<typeof createWorld>>;
const tasks = async (device: Device) => (await device.api()['records.list']({ type: 'task', limit: 200 })).records;

describe('online chat', () => {
  let world: World;
  beforeAll(async () => void (world = await createWorld()));
  afterAll(() => world.close());

  it('streams an answer, shows a plan, writes it after approval, undoes it, and does it again', async () => {
    const { answer, plan, route } = await world.device.ask(sentence);
    expect([route, answer.state, answer.agents]).toEqual(['cloud', 'done', ['task']]);
    const streamed = world.device.events.flatMap((e) => (e.type === 'chat.token' && e.data.messageId === answer.id ? [e.data.text] : []));
    expect(streamed.join('')).toBe(answer.text);
    expect(plan).toMatchObject({
      state: 'proposed',
      writes: 1,
      steps: [{ verb: expect.any(String), diff: expect.arrayContaining([expect.objectContaining({ name: 'priority', after: 'high' })]) }],
    });
    expect(await tasks(world.device)).toEqual([]);

    const run = await world.device.api()['plans.approve']({ planId: plan!.plan.id, hash: plan!.hash });
    expect(await tasks(world.device)).toMatchObject([{ fields: { title: 'Send the invoice to Marta', priority: 'high' } }]);
    const undone = await world.device.api()['plans.undo']({ runId: run.runId });
    expect(await tasks(world.device)).toEqual([]);
    await world.device.api()['plans.undo']({ runId: undone.runId });
    expect(await tasks(world.device)).toHaveLength(1);
  });

  it('keeps the conversation over a restart, locked in between', async () => {
    const before = await world.device.api()['chat.sessions']({ limit: 10 });
    await world.device.restart();
    await expect(world.device.api()['chat.sessions']({ limit: 10 })).rejects.toMatchObject({ code: 'vault.locked' });
    await expect(world.device.api()['vault.unlock']({ with: 'passphrase', passphrase: 'not it at all' })).rejects.toMatchObject({ code: 'vault.wrong_secret' });
    await world.device.api()['vault.unlock']({ with: 'phrase', phrase: (world.device as Device & { recoveryPhrase: string }).recoveryPhrase });
    expect(await world.device.api()['chat.sessions']({ limit: 10 })).toEqual(before);
    expect((await world.device.api()['account.state'](undefined)).account?.email).toBe('marta@example.org');
  });

  it('refuses a plan that is not the one shown', async () => {
    const { plan } = await world.device.ask('Add a task to call the bank tomorrow');
    await expect(world.device.api()['plans.approve']({ planId: plan!.plan.id, hash: '0'.repeat(64) })).rejects.toMatchObject({ code: 'plan.changed' });
    const edited = await world.device
      .api()
      ['plans.edit']({ planId: plan!.plan.id, hash: plan!.hash, steps: plan!.plan.steps.map((step) => ({ ...step, explain: 'edited' })) });
    await expect(world.device.api()['plans.approve']({ planId: edited.plan.id, hash: plan!.hash })).rejects.toMatchObject({ code: 'plan.changed' });
    await world.device.api()['plans.approve']({ planId: edited.plan.id, hash: edited.hash });
  });

  it('shows two windows of one core the same', async () => {
    const second: string[] = [];
    const stop = world.device.core().subscribe((event) => second.push(event.type));
    await world.device.ask('Add a task to sweep the yard');
    stop();
    expect(new Set(second)).toEqual(new Set(world.device.events.slice(-second.length).map((event) => event.type)));
  });
});

describe('offline, then back', () => {
  let world: World;
  beforeAll(async () => void (world = await createWorld()));
  afterAll(() => world.close());

  it('the same sentence works on this device and says so', async () => {
    world.link.pull();
    const { answer, plan, route } = await world.device.ask(sentence);
    expect([route, answer.state]).toEqual(['local', 'done']);
    expect(plan?.plan.steps[0]?.params).toMatchObject({ fields: { title: 'Send the invoice to Marta', priority: 'high' } });
    expect((await world.device.api()['status.get'](undefined)).connectivity).toBe('offline');
  });

  it('what needs the cloud waits where it can be seen, survives a restart, and goes out exactly once', async () => {
    const { answer, route } = await world.device.ask('Write me a limerick about a lighthouse keeper');
    expect([route, answer.state]).toEqual(['queued', 'queued']);
    expect((await world.device.api()['queue.list'](undefined)).jobs).toMatchObject([{ kind: 'chat', messageId: expect.any(String) }]);
    await world.device.restart();
    await world.device.api()['vault.unlock']({ with: 'passphrase', passphrase });
    expect((await world.device.api()['queue.list'](undefined)).jobs).toHaveLength(1);

    world.device.events.length = 0;
    world.link.plug();
    await world.device.api()['queue.drain'](undefined);
    const done = await world.device.seen('chat.message', (m) => m.id === answer.id && m.state === 'done');
    expect([done.route, done.text.length > 0]).toEqual(['cloud', true]);
    expect((await world.device.api()['queue.list'](undefined)).jobs).toEqual([]);
    await world.device.api()['queue.drain'](undefined);
    const { messages } = await world.device.api()['chat.messages']({ sessionId: answer.sessionId, limit: 50 });
    expect(messages.filter((m) => m.role === 'assistant')).toHaveLength(1);
  });
});

describe('a socket that drops', () => {
  const words = 'One two three four five six seven eight nine ten.'.split(/(?<= )/);

  it('gives the same final text wherever it is cut', async () => {
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
    const slow = scriptedModel((request) => (request.schema ? { text: '{"agents":["general"],"confidence":1}' } : { text: words, gate: pause }));
    const world = await createWorld({ overrides: { models: slow } });
    try {
      const whole = await world.device.ask('count for me, please, in a poem');
      expect(whole.answer).toMatchObject({ route: 'cloud', state: 'done', text: words.join('') });
      const cuts = world.link.cuts();
      for (let at = 0; at <= words.length + 3; at++) {
        world.link.cutAfter(at);
        const { answer } = await world.device.ask('count for me, please, in a poem');
        expect([at, answer.state, answer.text]).toEqual([at, 'done', words.join('')]);
      }
      expect(world.link.cuts() - cuts).toBeGreaterThan(5);
    } finally {
      await world.close();
    }
  });
});

describe('a start without a cloud', () => {
  it('opens, answers on the device, and signs in later', async () => {
    const device = await openDevice();
    try {
      expect((await device.ask(sentence)).route).toBe('local');
      await expect(device.api()['account.login']({ email: 'a@example.org', password: 'correct horse' })).rejects.toMatchObject({ code: 'cloud.offline' });
      expect((await device.api()['status.get'](undefined)).vault.state).toBe('open');
    } finally {
      await device.remove();
    }
  });

  it('a vault that was never made says so', async () => {
    const device = await createDevice();
    try {
      expect((await device.api()['vault.state'](undefined)).state).toBe('missing');
      await expect(device.api()['records.list']({ type: 'task', limit: 1 })).rejects.toMatchObject({ code: 'vault.missing' });
    } finally {
      await device.remove();
    }
  });
});
