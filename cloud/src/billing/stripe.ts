import Stripe from 'stripe';
import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { SubscriptionLine } from './standing.ts';

export interface StripeDeps {
  readonly secretKey: string;
  /** All that are live: while one is exchanged for another, both sign. */
  readonly webhookSecrets: readonly string[];
  /** Absent: Stripe's own. */
  readonly apiBase?: string;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** An event of a webhook, checked. `customerId` null: it is not about a customer. */
export interface PaymentEvent {
  readonly id: string;
  readonly type: string;
  readonly customerId: string | null;
}

export interface Order {
  readonly customerId: string;
  readonly priceId: string;
  readonly quantity: number;
  /** Where the user comes back to. */
  readonly doneUrl: string;
  readonly backUrl: string;
}

/** Age of a signature, in seconds, after which it may be a replay (Stripe's own default). */
const toleranceSeconds = 300;
const timeoutMs = 10_000;
const seconds = (at: number) => at * 1000;

/** What is asked of the payment provider. Every fault of the provider is `dependency.unavailable`. */
export type Payments = ReturnType<typeof openStripe>;

export function openStripe({ secretKey, webhookSecrets, apiBase, fetch: send, now }: StripeDeps) {
  const base = apiBase ? new URL(apiBase) : null;
  const stripe = new Stripe(secretKey, {
    httpClient: Stripe.createFetchHttpClient(send),
    maxNetworkRetries: 2,
    timeout: timeoutMs,
    telemetry: false,
    ...(base && { host: base.hostname, port: base.port || (base.protocol === 'https:' ? 443 : 80), protocol: base.protocol === 'http:' ? 'http' : 'https' }),
  });

  return {
    /** The customer of a user: the same one however often it is asked for. */
    customer: ({ userId, email }: { userId: string; email: string }): Promise<string> =>
      asked(async () => (await stripe.customers.create({ email, metadata: { userId } }, { idempotencyKey: `adiuva-customer-${userId}` })).id),

    /** A page where the user pays for a new subscription. */
    checkout: ({ customerId, priceId, quantity, doneUrl, backUrl }: Order): Promise<string> =>
      asked(async () => {
        const { url } = await stripe.checkout.sessions.create({
          mode: 'subscription',
          customer: customerId,
          line_items: [{ price: priceId, quantity }],
          success_url: doneUrl,
          cancel_url: backUrl,
        });
        return url!;
      }),

    /** A page where the user looks after cards, invoices and the subscription. */
    portal: (customerId: string, backUrl: string): Promise<string> =>
      asked(async () => (await stripe.billingPortal.sessions.create({ customer: customerId, return_url: backUrl })).url),

    /** A page where the user confirms that a subscription becomes another one: a second beside it would be paid twice. */
    change: ({ customerId, priceId, quantity, backUrl }: Order, { subscriptionId, itemId }: { subscriptionId: string; itemId: string }): Promise<string> =>
      asked(async () => {
        const items = [{ id: itemId, price: priceId, quantity }];
        const session = await stripe.billingPortal.sessions.create({
          customer: customerId,
          return_url: backUrl,
          flow_data: { type: 'subscription_update_confirm', subscription_update_confirm: { subscription: subscriptionId, items } },
        });
        return session.url;
      }),

    /** All lines of all subscriptions, as they are now. A customer who is gone has none. */
    lines: (customerId: string): Promise<SubscriptionLine[]> =>
      asked(async () => {
        const lines: SubscriptionLine[] = [];
        const options = { customer: customerId, status: 'all', limit: 100 } as const;
        for await (const subscription of stripe.subscriptions.list(options)) lines.push(...linesOf(subscription));
        return lines;
      }, []),

    /** The customer goes, and every subscription with it, at once. */
    forget: (customerId: string): Promise<void> => asked(async () => void (await stripe.customers.del(customerId)), undefined),

    cancelAtPeriodEnd: (subscriptionId: string): Promise<void> =>
      asked(async () => void (await stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true }))),

    /** @throws AdiuvaError `billing.signature_invalid` · `request.invalid` */
    async event(raw: Uint8Array, signature: string): Promise<PaymentEvent> {
      for (const secret of webhookSecrets) {
        const right = await stripe.webhooks.signature!.verifyHeaderAsync(raw, signature, secret, toleranceSeconds, undefined, now()).catch(() => false);
        if (right) return readEvent(raw);
      }
      throw new AdiuvaError('billing.signature_invalid');
    },
  };
}

function linesOf({ id, status, items, cancel_at, cancel_at_period_end }: Stripe.Subscription): SubscriptionLine[] {
  return items.data.map((item) => ({
    subscriptionId: id,
    itemId: item.id,
    status,
    priceId: item.price.id,
    quantity: item.quantity ?? 1,
    periodStart: seconds(item.current_period_start),
    periodEnd: seconds(item.current_period_end),
    cancelAt: cancel_at !== null ? seconds(cancel_at) : cancel_at_period_end ? seconds(item.current_period_end) : null,
  }));
}

const reference = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]);
/** Only who it is about is read: what became of it is asked for. */
const eventShape = z.object({
  id: z.string().min(1).max(255),
  type: z.string().min(1).max(255),
  data: z.object({ object: z.object({ id: z.string().optional(), object: z.string().optional(), customer: reference.nullish() }) }),
});

function readEvent(raw: Uint8Array): PaymentEvent {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(raw).toString('utf8'));
  } catch {
    throw new AdiuvaError('request.invalid', { detail: 'the event is not JSON' });
  }
  const event = eventShape.safeParse(parsed);
  if (!event.success) throw new AdiuvaError('request.invalid', { detail: 'this is not an event of Stripe' });
  const { id, type, data } = event.data;
  return { id, type, customerId: (data.object.object === 'customer' ? data.object.id : data.object.customer) ?? null };
}

/** Faults of the provider in our words; `gone` answers for something that is no longer there. */
async function asked<T>(work: () => Promise<T>, ...gone: T[]): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (gone.length > 0 && error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return gone[0]!;
    // The message may quote what a user typed.
    throw new AdiuvaError('dependency.unavailable', { detail: 'the payment provider does not answer as it should', retryAfter: 30, cause: error });
  }
}
