import { afterEach, describe, expect, it } from 'vitest';
import { tiers } from '@adiuva/shared/contracts/billing.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { scriptedModel } from '@adiuva/shared/models/scripted.ts';
import { createCloud as createClient } from '@adiuva/desktop/core/cloud/cloud.ts';
import { createCloud, createWorld } from '../world/world.ts';

/** Chat against the real cloud while things go wrong between the two. */

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const words = 'One two three four five six seven eight nine ten.'.split(/(?<= )/);

/** A model that says `words` and stops once, before the fifth, until `go` is called. */
function held() {
  let go = () => {};
  let reached = () => {};
  const at = new Promise<void>((resolve) => (reached = resolve));
  const gate = new Promise<void>((resolve) => (go = resolve));
  let stopped = false;
  const model = scriptedModel((request) => ({
    text: request.schema ? '{"agents":["general"],"confidence":1}' : words,
    gate: async (piece) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (request.schema || piece !== 4 || stopped) return;
      stopped = true;
      reached();
      await gate;
    },
  }));
  return { model, at, go: () => go() };
}

/** A clock whose time can be moved on. */
function movable(): Clock & { move(ms: number): void } {
  let shift = 0;
  return { ...systemClock, now: () => systemClock.now() + shift, move: (ms) => void (shift += ms) };
}

async function world(...options: Parameters<typeof createWorld>) {
  const made = await createWorld(...options);
  closing.push(() => made.close());
  return made;
}

describe('the session against the real cloud', () => {
  it('survives 200 lost answers of the refresh, and crashes between them', async () => {
    const cloud = await createCloud();
    closing.push(() => cloud.remove());
    const random = seededRandom(20_261_120);
    let row: unknown = null;
    let lost = 0;
    const lossy: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (!String(url).endsWith('/auth/refresh') || lost >= 200 || random(1)[0]! > 200) return response;
      await response.text();
      lost++;
      throw new TypeError('fetch failed');
    };
    const client = () =>
      createClient({
        baseUrl: `http://127.0.0.1:${cloud.port()}`,
        fetch: lossy,
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        tokens: {
          load: async () => row,
          change: async (work) => {
            const next = work(row);
            if (next !== undefined) row = next;
          },
        },
      });
    const first = client();
    await first.session.register('marta@example.org', 'correct horse battery');
    first.close();
    for (let life = 0; lost < 200 && life < 600; life++) {
      // Each life begins without an access token, as after a crash, so that it has to refresh.
      const next = client();
      await next.session.load();
      await next.run('no-such-run').catch((error: unknown) => expect(['cloud.offline', 'chat.run_not_found']).toContain((error as { code: string }).code));
      expect(next.session.account(), `life ${life}`).not.toBeNull();
      next.close();
    }
    const last = client();
    await last.session.load();
    await expect(last.run('no-such-run')).rejects.toMatchObject({ code: 'chat.run_not_found' });
    last.close();
    expect(lost).toBe(200);
  });
});

describe('an answer under way', () => {
  it('is whole although the cloud restarts in the middle', async () => {
    const { model, at, go } = held();
    const w = await world({ overrides: { models: model } });
    const asking = w.device.ask('count for me, please, in a poem');
    await at;
    const stopping = w.cloud.stop();
    go();
    await stopping;
    await w.cloud.start();
    const { answer } = await asking;
    const end = answer.state === 'done' ? answer : await w.device.seen('chat.message', (m) => m.id === answer.id && m.state === 'done');
    expect(end).toMatchObject({ state: 'done', route: 'cloud', text: words.join('') });
    expect((await w.device.api()['queue.list'](undefined)).jobs).toEqual([]);
  });

  it('is whole although the access runs out and the socket breaks in the middle', async () => {
    const { model, at, go } = held();
    const clock = movable();
    const w = await world({ overrides: { models: model, clock } });
    const asking = w.device.ask('count for me, please, in a poem');
    await at;
    clock.move(20 * 60_000);
    w.link.pull();
    w.link.plug();
    go();
    expect((await asking).answer).toMatchObject({ state: 'done', text: words.join('') });
  });

  it('can be stopped, and the cloud stops too', async () => {
    const { model, at, go } = held();
    const w = await world({ overrides: { models: model } });
    const sent = await w.device.api()['chat.send']({ text: 'count for me, please, in a poem', mode: 'plan', offline: false });
    await at;
    await w.device.seen('chat.token', (t) => t.messageId === sent.answer.id);
    const stopped = await w.device.api()['chat.stop']({ messageId: sent.answer.id });
    go();
    expect(stopped.state).toBe('stopped');
    expect(words.join('').startsWith(stopped.text)).toBe(true);
  });
});

describe('a cloud that refuses for now', () => {
  it('429: the question waits in the outbox and goes out once when there is room', async () => {
    const clock = movable();
    const few = Object.fromEntries(Object.keys(tiers).map((tier) => [tier, { ...tiers.free, requestsPerMinute: 2 }])) as unknown as typeof tiers;
    const w = await world({
      overrides: {
        clock,
        limits: { tiers: few, anonymousPerMinute: 1_000 },
        models: scriptedModel((r) => ({ text: r.schema ? '{"agents":["general"],"confidence":1}' : words })),
      },
    });
    const first = await w.device.ask('Write me a limerick about a lighthouse keeper');
    expect(first.answer.state).toBe('done');
    const second = await w.device.ask('Write me a limerick about a ferryman');
    expect(second.answer).toMatchObject({ state: 'queued', problem: { code: 'rate.limited', retryAfter: expect.any(Number) } });
    expect((await w.device.api()['queue.list'](undefined)).jobs).toMatchObject([{ messageId: second.answer.id, attempts: 0 }]);
    clock.move(120_000);
    await w.device.api()['queue.drain'](undefined);
    const done = await w.device.seen('chat.message', (m) => m.id === second.answer.id && m.state === 'done');
    expect(done).toMatchObject({ route: 'cloud', text: words.join('') });
    expect((await w.device.api()['queue.list'](undefined)).jobs).toEqual([]);
  });

  it.each([-1, 1])('a device whose clock is off by a year (%i) is served all the same', async (sign) => {
    const clock = movable();
    clock.move(sign * 365 * 86_400_000);
    const w = await world({ device: { clock } });
    const { answer, plan } = await w.device.ask('Remind me to send the invoice to Marta next Friday at 17:00, high priority');
    expect([answer.state, answer.route, plan?.state]).toEqual(['done', 'cloud', 'proposed']);
  });
});
