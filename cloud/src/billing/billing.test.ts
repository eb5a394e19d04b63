import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TokenReply } from '@adiuva/shared/contracts/auth.ts';
import { limitsReply, subscription, tiers } from '@adiuva/shared/contracts/billing.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { startStripe, type PeerEvent, type PeerSubscription, type StripePeer } from '../../../tests/world/servers/stripe.ts';
import { testCloud, type TestCloud } from '../cloud.suite.ts';
import { loadConfig } from '../config.ts';
import type { BillingStore } from '../adapters/db/database.ts';
import { openBilling } from './billing.ts';
import { standingOf } from './standing.ts';
import { openStripe } from './stripe.ts';

const secrets = ['whsec_of_yesterday', 'whsec_of_today'];
const prices = { pro: 'price_pro', power: 'price_power', team: 'price_team' };
const envOf = (peer: StripePeer) => ({
  STRIPE_SECRET_KEY: 'sk_test_nothing',
  STRIPE_WEBHOOK_SECRET: secrets.join(','),
  STRIPE_API_BASE: peer.url,
  STRIPE_PRICE_PRO: prices.pro,
  STRIPE_PRICE_POWER: prices.power,
  STRIPE_PRICE_TEAM: prices.team,
});

const day = 86_400;
const signer = new Stripe('sk_test_nothing');

describe('paying for a tier', () => {
  let peer: StripePeer;
  let cloud: TestCloud;
  beforeAll(async () => {
    peer = await startStripe();
    cloud = await testCloud({ tier: 'power', env: envOf(peer) });
  });
  afterEach(() => {
    peer.fails = null;
    peer.slow = async () => {};
  });
  afterAll(async () => {
    await cloud.close();
    await peer.close();
  });

  const seconds = () => Math.floor(cloud.clock.now() / 1000);
  const sub = (more: Partial<PeerSubscription> = {}): PeerSubscription => ({
    id: 'sub_1',
    status: 'active',
    price: prices.pro,
    periodStart: seconds(),
    periodEnd: seconds() + 30 * day,
    ...more,
  });
  const deliver = (body: string, { secret = secrets[1]!, at = seconds() } = {}, to = cloud) => {
    const signature = signer.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at });
    return to.call('POST', '/api/v1/billing/webhook', {
      body: Buffer.from(body),
      headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
    });
  };
  /** A user who has been at the provider's page. */
  const customer = async () => {
    const user = await cloud.register();
    const { body } = await cloud.call('POST', '/api/v1/billing/checkout', { token: user.accessToken, body: { tier: 'pro' } });
    const customerId = peer.requests.findLast(({ what }) => what === 'POST /v1/checkout/sessions')!.form.get('customer')!;
    return { ...user, customerId, url: body.url as string };
  };
  const own = async ({ accessToken }: TokenReply) => subscription.parse((await cloud.call('GET', '/api/v1/billing/subscription', { token: accessToken })).body);
  const tier = async ({ accessToken }: TokenReply) => (await cloud.call('GET', '/api/v1/auth/me', { token: accessToken })).body.user.tier as string;

  it('nobody has a tier for nothing where payments are set up', async () => {
    expect(await tier(await cloud.register())).toBe('free');
  });

  it('leads to the page of the provider, for the price and the seats of the tier', async () => {
    const user = await cloud.register();
    const { status, body } = await cloud.call('POST', '/api/v1/billing/checkout', { token: user.accessToken, body: { tier: 'team', seats: 7 } });
    expect([status, body.url]).toEqual([200, expect.stringMatching(/^https:\/\/checkout\.stripe\.com\//)]);
    const { form } = peer.requests.findLast(({ what }) => what === 'POST /v1/checkout/sessions')!;
    expect(Object.fromEntries(form)).toMatchObject({ mode: 'subscription', 'line_items[0][price]': prices.team, 'line_items[0][quantity]': '7' });
    const back = new URL(form.get('success_url')!);
    expect((await cloud.call('GET', back.pathname)).body).toMatch(/Thank you/);
  });

  it('makes one customer of a user, however often they go there', async () => {
    const user = await cloud.register();
    const go = () => cloud.call('POST', '/api/v1/billing/checkout', { token: user.accessToken, body: { tier: 'pro' } });
    await Promise.all([go(), go(), go()]);
    const keys = peer.requests.filter(({ what, idempotencyKey }) => what === 'POST /v1/customers' && idempotencyKey?.includes(user.user.id));
    expect(new Set(keys.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    const rows = new Set(peer.requests.slice(-3).map(({ form }) => form.get('customer')));
    expect(rows.size).toBe(1);
  });

  it('gives the tier as soon as the provider says it is paid', async () => {
    const user = await customer();
    expect(await tier(user)).toBe('free');
    peer.set(user.customerId, sub({ price: prices.team, quantity: 3 }));
    const { status } = await deliver(peer.event(user.customerId, 'customer.subscription.created').body);
    expect([status, await tier(user)]).toEqual([204, 'team']);
    expect(await own(user)).toMatchObject({
      tier: 'team',
      state: 'active',
      seats: 3,
      endsAt: null,
      renewsAt: new Date((seconds() + 30 * day) * 1000).toISOString(),
    });
  });

  it('shows what was paid also when the message of it never comes', async () => {
    const user = await customer();
    peer.set(user.customerId, sub());
    await cloud.clock.advance(61_000);
    expect(await own(user)).toMatchObject({ tier: 'pro', state: 'active' });
  });

  it('changes a subscription that is there instead of selling a second', async () => {
    const user = await customer();
    peer.set(user.customerId, sub());
    await deliver(peer.event(user.customerId, 'customer.subscription.created').body);
    const { body } = await cloud.call('POST', '/api/v1/billing/checkout', { token: user.accessToken, body: { tier: 'power' } });
    expect(body.url).toBe('https://billing.example.org/p/1');
    const { what, form } = peer.requests.at(-1)!;
    expect(what).toBe('POST /v1/billing_portal/sessions');
    expect(Object.fromEntries(form)).toMatchObject({
      'flow_data[type]': 'subscription_update_confirm',
      'flow_data[subscription_update_confirm][subscription]': 'sub_1',
      'flow_data[subscription_update_confirm][items][0][price]': prices.power,
    });
  });

  it('ends with the period when it is cancelled, and keeps the tier until then', async () => {
    const user = await customer();
    peer.set(user.customerId, sub({ id: 'sub_ends', periodEnd: seconds() + 2 * day }));
    await deliver(peer.event(user.customerId, 'customer.subscription.created').body);
    const { status, body } = await cloud.call('DELETE', '/api/v1/billing/subscription', { token: user.accessToken });
    expect([status, body]).toMatchObject([200, { tier: 'pro', state: 'active', renewsAt: null, endsAt: expect.any(String) }]);
    peer.fails = 500;
    await cloud.clock.advance(2 * day * 1000 + 7_200_000);
    const { accessToken } = (await cloud.call('POST', '/api/v1/auth/login', { body: { email: user.email, password: user.password } })).body;
    expect(await tier({ ...user, accessToken })).toBe('free');
  });

  it('keeps the tier for two weeks after a payment failed', async () => {
    const user = await customer();
    peer.set(user.customerId, sub({ status: 'past_due' }));
    await deliver(peer.event(user.customerId, 'invoice.payment_failed').body);
    expect(await own(user)).toMatchObject({ tier: 'pro', state: 'past_due', endsAt: new Date((seconds() + 14 * day) * 1000).toISOString() });
    await cloud.clock.advance(14 * day * 1000 + 1_000);
    const { accessToken } = (await cloud.call('POST', '/api/v1/auth/login', { body: { email: user.email, password: user.password } })).body;
    expect(await tier({ ...user, accessToken })).toBe('free');
  });

  it('takes the tier away from a customer who is gone', async () => {
    const user = await customer();
    peer.set(user.customerId, sub());
    await deliver(peer.event(user.customerId, 'customer.subscription.created').body);
    peer.forget(user.customerId);
    await deliver(peer.event(user.customerId, 'customer.deleted').body);
    expect(await own(user)).toMatchObject({ tier: 'free', state: 'none' });
  });

  it('ends with the account: nobody pays for one that is gone, and none goes while that cannot be said', async () => {
    const user = await customer();
    const leave = () => cloud.call('DELETE', '/api/v1/auth/me', { token: user.accessToken, body: { password: user.password } });
    peer.fails = 400;
    expect((await leave()).body.code).toBe('dependency.unavailable');
    expect(await tier(user)).toBe('free');
    peer.fails = null;
    expect((await leave()).status).toBe(204);
    expect(peer.requests.at(-1)).toMatchObject({ what: `DELETE /v1/customers/${user.customerId}` });
  });

  it('needs a subscription for the portal and for cancelling', async () => {
    const { accessToken: token } = await cloud.register();
    expect((await cloud.call('POST', '/api/v1/billing/portal', { token })).body.code).toBe('billing.no_subscription');
    expect((await cloud.call('DELETE', '/api/v1/billing/subscription', { token })).body.code).toBe('billing.no_subscription');
    const user = await customer();
    expect((await cloud.call('POST', '/api/v1/billing/portal', { token: user.accessToken })).body.url).toMatch(/^https:/);
  });

  it('says what the tier allows and what of it is used', async () => {
    const user = await cloud.register();
    const { status, body } = await cloud.call('GET', '/api/v1/billing/limits', { token: user.accessToken });
    expect([status, limitsReply.parse(body)]).toEqual([200, { tier: 'free', seats: 1, limits: tiers.free, used: { backupBytes: 0 }, tiers }]);
  });

  it('says that the provider does not answer, in no words of the provider', async () => {
    const user = await customer();
    peer.fails = 503;
    const { status, body } = await cloud.call('POST', '/api/v1/billing/portal', { token: user.accessToken });
    expect([status, body.code]).toEqual([503, 'dependency.unavailable']);
    expect(JSON.stringify(body)).not.toContain('secret words');
    expect(await own(user)).toMatchObject({ state: 'none' });
  }, 60_000);

  describe('messages of the provider', () => {
    it('are believed with the signature of any live secret, within five minutes, and with no other', async () => {
      const user = await customer();
      peer.set(user.customerId, sub());
      const { body } = peer.event(user.customerId, 'customer.subscription.created');
      const refused = [
        deliver(body, { secret: 'whsec_of_somebody' }),
        deliver(body, { at: seconds() - 301 }),
        cloud.call('POST', '/api/v1/billing/webhook', { body: Buffer.from(body), headers: { 'content-type': 'application/json' } }),
        cloud.call('POST', '/api/v1/billing/webhook', {
          body: Buffer.from(body),
          headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v0=00' },
        }),
      ];
      for (const answer of refused) expect(await answer).toMatchObject({ status: 400, body: { code: 'billing.signature_invalid' } });
      const signed = signer.webhooks.generateTestHeaderString({ payload: body, secret: secrets[0]!, timestamp: seconds() });
      const changed = Buffer.from(body.replace('"livemode":false', '"livemode": false'));
      const bent = await cloud.call('POST', '/api/v1/billing/webhook', {
        body: changed,
        headers: { 'content-type': 'application/json', 'stripe-signature': signed },
      });
      expect(bent.status).toBe(400);
      expect(await tier(user)).toBe('free');
      expect((await deliver(body, { secret: secrets[0]! })).status).toBe(204);
      expect(await tier(user)).toBe('pro');
    });

    it('are refused when they are no event, and do nothing when they are about nobody here', async () => {
      for (const body of ['nonsense', '{}', '[]', '{"id":"evt_x","type":"y","data":{"object":7}}'])
        expect(await deliver(body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
      expect((await deliver(peer.event('cus_of_somebody', 'customer.subscription.updated').body)).status).toBe(204);
    });

    it('are asked for again when the provider could not be asked', async () => {
      const user = await customer();
      peer.set(user.customerId, sub());
      const { body } = peer.event(user.customerId, 'customer.subscription.created');
      peer.fails = 500;
      expect((await deliver(body)).status).toBe(503);
      peer.fails = null;
      expect([(await deliver(body)).status, await tier(user)]).toEqual([204, 'pro']);
    }, 60_000);

    it('cost one question however often they come', async () => {
      const user = await customer();
      peer.set(user.customerId, sub());
      const { body } = peer.event(user.customerId, 'customer.subscription.created');
      await deliver(body);
      const before = peer.requests.length;
      for (let again = 0; again < 3; again++) expect((await deliver(body)).status).toBe(204);
      expect(peer.requests).toHaveLength(before);
    });
  });

  describe('any order, repetition, twin and gap of the messages', () => {
    type Step = Omit<PeerSubscription, 'id'>;
    const pick = (random: (bytes: number) => Uint8Array, below: number) => (random(1)[0]! * 256 + random(1)[0]!) % below;

    /** A life of a subscription, and the messages of each turn of it: some twice, some under two ids, some never. */
    function history(customerId: string, random: (bytes: number) => Uint8Array) {
      const states: Step[] = Array.from({ length: 3 + pick(random, 5) }, () => ({
        status: ['active', 'trialing', 'past_due', 'unpaid', 'canceled', 'incomplete', 'paused'][pick(random, 7)]!,
        price: Object.values(prices)[pick(random, 3)]!,
        quantity: 1 + pick(random, 5),
        periodStart: seconds() - pick(random, 20) * day,
        periodEnd: seconds() + (1 + pick(random, 30)) * day,
        cancelAtPeriodEnd: pick(random, 4) === 0,
      }));
      const events: { after: number; event: PeerEvent }[] = [];
      for (const [after, state] of states.entries()) {
        peer.set(customerId, { id: `sub_${customerId}`, ...state });
        const last = after === states.length - 1;
        if (!last && pick(random, 4) === 0) continue;
        const event = peer.event(customerId, 'customer.subscription.updated');
        events.push({ after, event });
        if (pick(random, 3) === 0) events.push({ after, event });
        if (pick(random, 3) === 0) events.push({ after, event: peer.event(customerId, 'invoice.paid') });
      }
      return { states, events };
    }
    const shuffled = <T>(items: readonly T[], random: (bytes: number) => Uint8Array): T[] =>
      items
        .map((item) => ({ item, key: pick(random, 65_536) }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);

    const wanted = (state: Step) =>
      standingOf(
        [
          {
            subscriptionId: 's',
            itemId: 'i',
            status: state.status,
            priceId: state.price,
            quantity: state.quantity!,
            periodStart: state.periodStart * 1000,
            periodEnd: state.periodEnd * 1000,
            cancelAt: state.cancelAtPeriodEnd ? state.periodEnd * 1000 : null,
          },
        ],
        prices,
      );

    /** Plays one history: the world goes on while messages come late, in any order, several at once. @returns what is known in the end, and what is true */
    async function play(seed: number, to: (body: string) => Promise<{ status: number }>) {
      const random = seededRandom(seed);
      const user = await customer();
      const { states, events } = history(user.customerId, random);
      // Answers are sent late, some later than those to questions asked after them.
      let read = () => {};
      peer.slow = () => {
        read();
        return new Promise((resolve) => setTimeout(resolve, pick(random, 4) * 8));
      };
      let now = -1;
      const go = (to_: number) => {
        for (; now < to_; now++) peer.set(user.customerId, { id: `sub_${user.customerId}`, ...states[now + 1]! });
      };
      const waiting: Promise<unknown>[] = [];
      for (const { after, event } of shuffled(events, random)) {
        // A message of a turn cannot come before it.
        go(after);
        const asked = new Promise<void>((resolve) => (read = resolve));
        const done = to(event.body).then(({ status }) => expect(status).toBe(204));
        waiting.push(done);
        // What happens next happens after the message was dealt with, between the provider's look and its answer, or at the same time.
        await [done, Promise.race([asked, done]), undefined][pick(random, 3)];
      }
      await Promise.all(waiting);
      const row = await (await cloud.deps.db()).billing.account(user.user.id);
      const { state, tier: heard, seats, renewsAt, endsAt } = row!;
      const { subscriptionId: _, itemId: __, ...truth } = wanted(states.at(-1)!);
      return { known: { state, tier: heard, seats, renewsAt, endsAt }, truth };
    }

    it('ends like the history in order, messages lost on the way included', async () => {
      for (let seed = 1; seed <= (process.env['ADIUVA_SOAK'] ? 300 : 12); seed++) {
        const { known, truth } = await play(seed, deliver);
        expect(known, `seed ${seed}`).toEqual(truth);
      }
    }, 600_000);

    it('ends right after the night when even the last message was lost', async () => {
      const user = await customer();
      peer.set(user.customerId, sub());
      await deliver(peer.event(user.customerId, 'customer.subscription.created').body);
      peer.set(user.customerId, sub({ status: 'canceled' }));
      expect(await tier(user)).toBe('pro');
      expect(await cloud.deps.billing.reconcile()).toMatchObject({ failed: 0 });
      expect(await tier(user)).toBe('free');
    });

    /** The answer to an older question comes after the end of the subscription was heard. @returns what the service believes then */
    async function lateAnswer(to: (body: string) => Promise<unknown>) {
      const user = await customer();
      peer.set(user.customerId, sub());
      const asked = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      peer.slow = () => {
        peer.slow = async () => {};
        asked.resolve();
        return held.promise;
      };
      const late = to(peer.event(user.customerId, 'customer.subscription.created').body);
      await asked.promise;
      peer.set(user.customerId, sub({ status: 'canceled' }));
      await to(peer.event(user.customerId, 'customer.subscription.deleted').body);
      held.resolve();
      await late;
      return (await (await cloud.deps.db()).billing.account(user.user.id))!.state;
    }

    it('lets no late answer undo a newer one', async () => {
      expect(await lateAnswer(deliver)).toBe('cancelled');
    });

    it('is what these tests would find wrong in a service without turns', async () => {
      const anyTurn = (store: BillingStore): BillingStore => ({
        ...store,
        settle: async (userId, _turn, ...rest) => store.settle(userId, await store.takeTurn(userId), ...rest),
      });
      const db = await cloud.deps.db();
      const bent = openBilling({
        ...cloud.deps,
        db: async () => ({ ...db, transaction: (work) => db.transaction((stores) => work({ ...stores, billing: anyTurn(stores.billing) })) }),
        payments: async () => openStripe({ secretKey: 'sk_test_nothing', webhookSecrets: secrets, apiBase: peer.url, fetch, now: cloud.clock.now }),
        prices,
        tierOf: () => 'free',
        changed: async () => {},
      });
      const direct = (body: string) =>
        bent.webhook(Buffer.from(body), signer.webhooks.generateTestHeaderString({ payload: body, secret: secrets[0]!, timestamp: seconds() }));
      expect(await lateAnswer(direct)).toBe('active');
    });
  });
});

describe('a service without payments', () => {
  it('says so, and everything else works', async () => {
    const cloud = await testCloud({ tier: 'power' });
    const { accessToken: token } = await cloud.register();
    for (const [method, path, body] of [
      ['POST', '/api/v1/billing/checkout', { tier: 'pro' }],
      ['POST', '/api/v1/billing/portal', undefined],
      ['DELETE', '/api/v1/billing/subscription', undefined],
    ] as const)
      expect((await cloud.call(method, path, { token, body })).body.code).toBe('billing.not_configured');
    expect((await cloud.call('POST', '/api/v1/billing/webhook', { body: {}, headers: { 'stripe-signature': 't=1' } })).body.code).toBe(
      'billing.not_configured',
    );
    expect((await cloud.call('GET', '/api/v1/billing/subscription', { token })).body).toEqual({
      tier: 'power',
      state: 'none',
      seats: 1,
      renewsAt: null,
      endsAt: null,
    });
    expect((await cloud.call('GET', '/api/v1/billing/limits', { token })).body.tier).toBe('power');
    await cloud.close();
  });

  it('does not start with half of the settings', () => {
    const faults = (env: Record<string, string>) => {
      try {
        loadConfig(env);
        return 'none';
      } catch (error) {
        return String((error as { detail?: string }).detail);
      }
    };
    expect(faults({ STRIPE_SECRET_KEY: 'sk_test' })).toMatch(/STRIPE_WEBHOOK_SECRET: needed[^]*STRIPE_PRICE_PRO: one price/);
    expect(faults({ STRIPE_WEBHOOK_SECRET: 'whsec_something' })).toMatch(/STRIPE_SECRET_KEY: needed because STRIPE_WEBHOOK_SECRET/);
    expect(faults({ STRIPE_SECRET_KEY: 'sk_test', STRIPE_WEBHOOK_SECRET: ' , ', STRIPE_PRICE_PRO: 'p' })).toMatch(/STRIPE_WEBHOOK_SECRET: must be/);
    expect(faults({ STRIPE_SECRET_KEY: 'sk_test', STRIPE_WEBHOOK_SECRET: 'whsec_something', STRIPE_PRICE_PRO: 'p', STRIPE_PRICE_TEAM: 'p' })).toMatch(
      /same price/,
    );
    expect(faults({ STRIPE_SECRET_KEY: 'sk_test', STRIPE_WEBHOOK_SECRET: 'whsec_something', STRIPE_PRICE_PRO: 'p' })).toBe('none');
  });
});
