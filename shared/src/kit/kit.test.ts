import { describe, expect, it } from 'vitest';
import { backoffDelay } from './backoff.ts';
import { manualClock, systemClock } from './clock.ts';
import { base64url, newId, newToken, seededRandom, systemRandom } from './ids.ts';
import { jsonLog } from './log.ts';

describe('clock', () => {
  it('fires due timers in the order of their time when it advances', async () => {
    const clock = manualClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`late ${clock.now()}`));
    clock.after(10, () => fired.push(`early ${clock.now()}`));
    clock.after(10, () => fired.push('cancelled'))();
    await clock.advance(15);
    expect(fired).toEqual(['early 10']);
    await clock.advance(15);
    expect(fired).toEqual(['early 10', 'late 20']);
    expect([clock.now(), clock.pending()]).toEqual([30, 0]);
  });
  it('gives up a sleep when asked to, and leaves no timer behind', async () => {
    const clock = manualClock(0);
    const controller = new AbortController();
    const slept = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(clock.pending()).toBe(0);
    await expect(systemClock.sleep(0)).resolves.toBeUndefined();
  });
});

describe('ids', () => {
  it('sort by the time they were made in and carry version 7', () => {
    const random = seededRandom(1);
    const ids = [1, 2, 1_700_000_000_000, 1_800_000_000_000].map((at) => newId(at, random));
    expect(ids).toEqual([...ids].sort());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  it('gives tokens of 256 bits as base64url', () => {
    expect(newToken(systemRandom)).toMatch(/^[\w-]{43}$/);
    expect(base64url(Uint8Array.of(251, 255, 254))).toBe('-__-');
  });
});

describe('backoff', () => {
  it('grows to its ceiling and never beyond', () => {
    const most = () => Uint8Array.of(255, 255);
    expect([0, 1, 2, 10, 1_000].map((n) => backoffDelay(n, most, { base: 100, max: 5_000 }))).toEqual([100, 200, 400, 5_000, 5_000]);
    expect(backoffDelay(5, () => Uint8Array.of(0, 0), { base: 100, max: 5_000 })).toBe(0);
  });
});

describe('log', () => {
  it('writes known names with plain values, and of anything else only the name', () => {
    const lines: string[] = [];
    const log = jsonLog(
      (line) => lines.push(line),
      () => 0,
    ).child({ requestId: 'r-1' });
    log.info('chat.done', { ms: 5, title: 'Send the invoice to Marta', code: 'two words', agents: ['task'] });
    log.debug('not written');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'info',
        event: 'chat.done',
        requestId: 'r-1',
        ms: 5,
        title: '[redacted]',
        code: '[redacted]',
        agents: ['task'],
      },
    ]);
  });
});
