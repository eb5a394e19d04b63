import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, openDevice, passphrase, type Device } from '../world/world.ts';

type World = Awaited<ReturnType<typeof createWorld>>;
const hourMs = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * hourMs).toISOString();
const run = (device: Device, id: string, inputs: Record<string, unknown> = {}, here = false) => device.api()['playbooks.run']({ id, inputs, here });
const planOf = async (device: Device, planId: string | undefined) => device.api()['plans.get']({ planId: planId! });
const approve = async (device: Device, planId: string | undefined) => {
  const { plan, hash } = await planOf(device, planId);
  return device.api()['plans.approve']({ planId: plan.id, hash });
};
const titles = async (device: Device, type: 'task' | 'note' | 'event') =>
  (await device.api()['records.list']({ type, limit: 100 })).records.map(({ fields }) => String(fields['title'])).toSorted();

async function fill(device: Device): Promise<void> {
  const add = device.api()['records.add'];
  await add({ type: 'task', fields: { title: 'Send the invoice', priority: 'high', dueAt: inHours(-50) } });
  await add({ type: 'task', fields: { title: 'Water the plants', dueAt: inHours(-26) } });
  await add({ type: 'note', fields: { title: 'Talk with Marta', body: 'She wants the figures of the quarter.' } });
  await add({ type: 'event', fields: { title: 'Figures with Marta', startAt: inHours(30), endAt: inHours(31), attendees: ['marta@example.org'] } });
  await add({
    type: 'email',
    fields: {
      account: 'me@example.org',
      from: 'Marta <marta@example.org>',
      to: ['me@example.org'],
      subject: 'Please send the figures',
      receivedAt: inHours(-5),
    },
  });
}

describe('playbooks online', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await fill(world.device);
  });
  afterAll(() => world.close());

  it('are listed with their age, and asked for again only where something is new', async () => {
    const before = await world.device.api()['playbooks.list'](undefined);
    expect(before.playbooks.map(({ source, fetchedAt, locked }) => [source, fetchedAt, locked])).toEqual(before.playbooks.map(() => ['bundle', null, null]));
    expect(before.playbooks.map(({ id }) => id)).toContain('daily-brief');
    const first = await world.device.api()['playbooks.refresh'](undefined);
    const again = await world.device.api()['playbooks.refresh'](undefined);
    expect(first.playbooks.length).toBeGreaterThanOrEqual(12);
    expect(first.playbooks.filter(({ source, locked }) => source !== 'cloud' || locked !== null)).toEqual([]);
    expect(again.playbooks.map(({ id, version }) => [id, version])).toEqual(first.playbooks.map(({ id, version }) => [id, version]));
    expect(Date.parse(again.refreshedAt!)).toBeGreaterThan(Date.parse(first.refreshedAt!));
    expect(again.refused).toEqual([]);
  });

  it('the daily brief says what the day holds, with words of the assistant, and proposes nothing', async () => {
    const brief = await run(world.device, 'daily-brief');
    expect(brief).toMatchObject({ cloud: 'done', problem: null, planIds: [] });
    expect(brief.sections[0]).toMatchObject({ from: 'cloud', text: expect.stringContaining('Start with “Send the invoice”, which is late.') });
    const overdue = brief.sections.find(({ heading }) => heading === 'Overdue')!;
    expect(overdue.lines).toMatchObject([{ text: expect.stringContaining('Send the invoice'), recordType: 'task', recordId: expect.any(String) }, {}]);
    expect(brief.markdown).toContain('## Mail that asks for something');
    expect(await world.device.api()['playbooks.result']({ runId: brief.runId })).toEqual(brief);
    expect((await world.device.api()['playbooks.results']({ id: 'daily-brief', limit: 5 })).results).toEqual([brief]);
  });

  it('what changes records is a plan: nothing happens before it is approved, and it can be taken back', async () => {
    const { planIds, cloud } = await run(world.device, 'overdue-clean-up', { to: '2027-01-15' });
    expect(cloud).toBe('none');
    const plan = await planOf(world.device, planIds[0]);
    expect(plan).toMatchObject({ state: 'proposed', writes: 2, origin: { kind: 'playbook', by: 'Overdue clean-up' } });
    const due = async () => (await world.device.api()['records.list']({ type: 'task', limit: 9 })).records.map(({ fields }) => fields['dueAt']);
    const before = await due();
    const { runId } = await approve(world.device, planIds[0]);
    expect(await due()).toEqual(['2027-01-15', '2027-01-15']);
    await world.device.api()['plans.undo']({ runId });
    expect(await due()).toEqual(before);
  });

  it('asks the cloud before it proposes, so that the words are approved and not a promise of them', async () => {
    const prepared = await run(world.device, 'meeting-preparation', { goal: 'Agree on the figures' });
    expect(prepared).toMatchObject({ cloud: 'done', problem: null });
    const { plan } = await planOf(world.device, prepared.planIds[0]);
    expect(plan.steps).toMatchObject([
      {
        action: 'create_record',
        params: {
          type: 'note',
          fields: { title: 'Preparation: Figures with Marta', body: expect.stringContaining('1. Agree on the aim: Agree on the figures') },
        },
      },
    ]);
    await approve(world.device, prepared.planIds[0]);
    expect(await titles(world.device, 'note')).toContain('Preparation: Figures with Marta');
  });

  it('keeps together what one plan makes: the tasks of a project belong to it', async () => {
    const { planIds } = await run(world.device, 'project-kick-off', { name: 'Move house', outcome: 'We sleep there' });
    await approve(world.device, planIds[0]);
    const [project] = (await world.device.api()['records.list']({ type: 'project', limit: 5 })).records;
    const tasks = (await world.device.api()['records.list']({ type: 'task', limit: 50 })).records;
    expect(tasks.filter(({ fields }) => fields['projectId'] === project!.id).length).toBeGreaterThanOrEqual(4);
  });

  it('with `here` nothing is sent, kept or proposed', async () => {
    const kept = (await world.device.api()['playbooks.results']({ limit: 100 })).results.length;
    const plans = (await world.device.api()['plans.list']({ limit: 100 })).plans.length;
    const brief = await run(world.device, 'weekly-review', {}, true);
    expect(brief).toMatchObject({ cloud: 'skipped', planIds: [] });
    expect(brief.sections.every(({ from }) => from === 'device')).toBe(true);
    expect((await world.device.api()['playbooks.results']({ limit: 100 })).results).toHaveLength(kept);
    expect((await world.device.api()['plans.list']({ limit: 100 })).plans).toHaveLength(plans);
  });

  it('refuses by name what is not there and what does not fit', async () => {
    await expect(run(world.device, 'nothing-such')).rejects.toMatchObject({ code: 'playbook.not_found' });
    await expect(run(world.device, 'overdue-clean-up', { to: 'some day' })).rejects.toMatchObject({
      code: 'playbook.inputs',
      detail: expect.stringContaining('to'),
    });
    await expect(run(world.device, 'task-breakdown', { task: 'nothing' })).rejects.toMatchObject({
      code: 'playbook.inputs',
      detail: expect.stringContaining('task'),
    });
    await expect(world.device.api()['playbooks.result']({ runId: 'nothing' })).rejects.toMatchObject({ code: 'playbook.result_not_found' });
  });
});

describe('playbooks offline, then back', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await fill(world.device);
    await world.device.api()['playbooks.refresh'](undefined);
    world.link.pull();
  });
  afterAll(() => world.close());

  it('run from the cache: the device does its part, the rest waits, survives a restart and is done once', async () => {
    const first = await run(world.device, 'inbox-to-tasks');
    expect(first).toMatchObject({ cloud: 'queued', problem: { code: 'cloud.offline' } });
    expect((await planOf(world.device, first.planIds[0])).plan.steps).toMatchObject([
      { params: { fields: { title: expect.stringContaining('Please send the figures') } } },
    ]);
    expect((await world.device.api()['queue.list'](undefined)).jobs).toMatchObject([{ id: first.runId, kind: 'playbook', label: 'Inbox to tasks' }]);
    await expect(world.device.api()['playbooks.refresh'](undefined)).rejects.toMatchObject({ code: 'cloud.offline' });
    expect((await world.device.api()['playbooks.list'](undefined)).playbooks.find(({ id }) => id === 'inbox-to-tasks')).toMatchObject({
      source: 'cloud',
      fetchedAt: expect.any(String),
    });

    await world.device.restart();
    await world.device.api()['vault.unlock']({ with: 'passphrase', passphrase });
    world.link.plug();
    await world.device.api()['queue.drain'](undefined);
    const done = await world.device.seen('playbook.result', (result) => result.runId === first.runId && result.cloud === 'done');
    expect(done.planIds).toEqual([first.planIds[0], `playbook-${first.runId}-cloud`]);
    await world.device.api()['queue.drain'](undefined);
    expect((await world.device.api()['queue.list'](undefined)).jobs).toEqual([]);
    const plans = (await world.device.api()['plans.list']({ state: 'proposed', limit: 10 })).plans;
    expect(plans.map(({ plan }) => plan.id).toSorted()).toEqual(done.planIds.toSorted());
    expect(await world.device.api()['playbooks.result']({ runId: first.runId })).toEqual(done);
  });

  it('a queued part that is dropped leaves the result of the device', async () => {
    world.link.pull();
    await expect(world.device.api()['playbooks.refresh'](undefined)).rejects.toMatchObject({ code: 'cloud.offline' });
    const { runId, sections } = await run(world.device, 'daily-brief');
    await world.device.api()['queue.drop']({ jobId: runId });
    expect(await world.device.api()['playbooks.result']({ runId })).toMatchObject({ cloud: 'skipped', problem: null, sections });
  });
});

describe('playbooks by tier and without an account', () => {
  it('the basic set works on a device that was never online, signed', async () => {
    const device = await openDevice();
    try {
      await fill(device);
      const { playbooks } = await device.api()['playbooks.list'](undefined);
      expect(playbooks.length).toBeGreaterThanOrEqual(4);
      for (const { id } of playbooks) expect(await run(device, id)).toMatchObject({ playbookId: id, problem: null });
      await expect(device.api()['playbooks.refresh'](undefined)).rejects.toMatchObject({ code: 'auth.required' });
    } finally {
      await device.remove();
    }
  });

  it('a free account sees what another tier would add, and cannot run it', async () => {
    const world = await createWorld({ env: { ADIUVA_DEFAULT_TIER: 'free' } });
    try {
      const { playbooks } = await world.device.api()['playbooks.refresh'](undefined);
      const locked = playbooks.filter((one) => one.locked !== null);
      expect(locked.map((one) => one.locked)).toEqual(locked.map(() => 'pro'));
      expect(locked.length).toBeGreaterThanOrEqual(8);
      await expect(run(world.device, 'inbox-to-tasks')).rejects.toMatchObject({ code: 'tier.required' });
      expect(await run(world.device, 'daily-brief')).toMatchObject({ cloud: 'done' });
    } finally {
      await world.close();
    }
  });
});
