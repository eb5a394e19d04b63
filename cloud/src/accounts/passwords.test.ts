import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { argonPasswords, HashQueue } from './passwords.ts';

describe('passwords', () => {
  const passwords = argonPasswords({ slots: 1, now: () => Date.now() });

  it('are Argon2id of 64 MiB, three passes, one lane, and a salt of their own', async () => {
    const [first, second] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=65536,p=1,t=3\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(second).not.toBe(first);
    expect(await passwords.verify(first, 'correct horse')).toBe(true);
    expect(await passwords.verify(first, 'Correct horse')).toBe(false);
    expect(passwords.isOutdated(first)).toBe(false);
    expect(passwords.isOutdated(first.replace('t=3', 't=2'))).toBe(true);
  });

  it('do not care how a keyboard composed a letter', async () => {
    const stored = await passwords.hash('caf\u00e9 caf\u00e9');
    expect(await passwords.verify(stored, 'cafe\u0301 cafe\u0301')).toBe(true);
  });

  it('hold to the last of 1,024 bytes, zero bytes among them', async () => {
    const long = `${'x'.repeat(1_000)}\u0000${'y'.repeat(23)}`;
    const stored = await passwords.hash(long);
    expect(await passwords.verify(stored, long)).toBe(true);
    expect(await passwords.verify(stored, `${long.slice(0, -1)}z`)).toBe(false);
    expect(await passwords.verify(stored, 'x'.repeat(1_000))).toBe(false);
  });

  it('are never right for an account that does not exist, at the price of one that does', async () => {
    let hashed = 0;
    const clock = { now: () => ((hashed += 1), Date.now()) };
    const counted = argonPasswords({ slots: 1, now: clock.now });
    expect(await counted.verify(null, 'anything')).toBe(false);
    expect(hashed).toBe(2);
  });
});

describe('the queue of hashes', () => {
  const gate = () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { open, opened };
  };

  it('runs no more at a time than it has places, in the order they came', async () => {
    const queue = new HashQueue(2, () => 0);
    const gates = Array.from({ length: 5 }, gate);
    const started: number[] = [];
    const jobs = gates.map(({ opened }, index) => queue.run(async () => (started.push(index), opened)));
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]!.open();
    await expect.poll(() => started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(jobs);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses who would wait longer than two seconds, says how long, and takes new ones when it has drained', async () => {
    const clock = manualClock();
    const queue = new HashQueue(1, clock.now);
    const block = gate();
    const jobs = Array.from({ length: 40 }, () => queue.run(() => block.opened).catch((error: unknown) => error));
    const last = await jobs.at(-1);
    expect(last).toBeInstanceOf(AdiuvaError);
    expect(last).toMatchObject({ code: 'auth.busy', retryAfter: expect.any(Number) });
    block.open();
    const refused = (await Promise.all(jobs)).filter((outcome) => outcome instanceof AdiuvaError);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.length).toBeLessThan(30);
    expect(await queue.run(async () => 'done')).toBe('done');
  });

  it('frees the place of a job that fails', async () => {
    const queue = new HashQueue(1, () => 0);
    await expect(queue.run(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    expect(await queue.run(async () => 1)).toBe(1);
  });
});
