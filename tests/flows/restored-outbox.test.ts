import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownFolder } from '../world/processes.ts';
import { createDevice, createWorld, passphrase, type Device } from '../world/world.ts';

/** A question goes out after the backup that still has it waiting; the device is lost; the backup comes back on another one. */

let world: Awaited<ReturnType<typeof createWorld>>;
let other: Device;
const scratch = ownFolder('restored-outbox');
beforeAll(async () => {
  world = await createWorld();
  other = await createDevice({ cloudUrl: world.link.url });
});
afterAll(async () => {
  await other?.remove();
  await world?.close();
  scratch.remove();
});

it('what went out before is not sent again by itself, only when the user says so', async () => {
  const { device, link } = world;
  const target = { kind: 'folder', path: join(scratch.folder, 'disk') } as const;
  link.pull();
  const { answer } = await device.ask('Write me a limerick about a lighthouse keeper');
  expect(answer.state).toBe('queued');
  await device.api()['backup.create']({ target, full: false });
  link.plug();
  await device.api()['queue.drain'](undefined);
  await device.seen('chat.message', ({ id, state }) => id === answer.id && state === 'done');

  await other.api()['backup.open']({ target, phrase: device.recoveryPhrase });
  await other.api()['backup.restoreHere']({ passphrase });
  await other.api()['account.login']({ email: 'marta@example.org', password: 'correct horse battery' });
  await other.api()['queue.drain'](undefined);
  const { jobs } = await other.api()['queue.list'](undefined);
  expect(jobs).toMatchObject([{ messageId: answer.id, state: 'needs_you', attempts: 0, problem: { code: 'queue.restored' } }]);
  expect((await other.api()['status.get'](undefined)).queue).toEqual({ waiting: 0, needsYou: 1, running: 0 });
  expect(other.events.filter(({ type }) => type === 'chat.token')).toEqual([]);

  await other.api()['queue.retry']({ jobId: jobs[0]!.id });
  const told = await other.seen('chat.message', ({ id, state }) => id === answer.id && state === 'done');
  expect(told.text.length).toBeGreaterThan(0);
  expect((await other.api()['queue.list'](undefined)).jobs).toEqual([]);
});
