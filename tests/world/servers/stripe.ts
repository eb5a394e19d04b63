import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AddressInfo } from 'node:net';

/**
 * A payment provider that speaks Stripe's HTTP: what it answers is made of Stripe's own published fixtures, so that every field of the real objects is there.
 * A test says what became of a subscription; the provider tells of it by events, in the order and number the test wants.
 */
export interface StripePeer {
  readonly url: string;
  /** What a subscription of the customer is now. */
  set(customerId: string, subscription: PeerSubscription): void;
  /** The customer is deleted, as an operator may do by hand. */
  forget(customerId: string): void;
  /** An event about the customer's subscription as it is now, as the bytes of a webhook. */
  event(customerId: string, type: string): PeerEvent;
  /** Requests so far, as `METHOD path`, with the form of each. */
  readonly requests: { readonly what: string; readonly form: URLSearchParams; readonly idempotencyKey: string | undefined }[];
  /** Waited for before each answer to a question about subscriptions: after the state was read, before it is sent. */
  slow: () => Promise<void>;
  /** Status to answer everything with; null, as it should. */
  fails: number | null;
  close(): Promise<void>;
}

export interface PeerSubscription {
  readonly id: string;
  readonly status: string;
  readonly price: string;
  readonly quantity?: number;
  /** Seconds since the epoch. */
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly cancelAtPeriodEnd?: boolean;
}

export interface PeerEvent {
  readonly id: string;
  readonly body: string;
}

type Fixture = Record<string, unknown> & { readonly _fixture: string };

const vectors = fileURLToPath(new URL('../../../../shared/vectors/stripe/fixtures3.billing.json', import.meta.url));

export async function startStripe(): Promise<StripePeer> {
  const { resources } = JSON.parse(readFileSync(vectors, 'utf8')) as { resources: Fixture[] };
  const fixture = (name: string) => {
    const { _fixture, ...found } = structuredClone(resources.find((resource) => resource._fixture === name)!);
    return found;
  };
  const customers = new Map<string, Map<string, PeerSubscription>>();
  const byKey = new Map<string, string>();
  const requests: StripePeer['requests'] = [];
  let events = 0;
  let made = 0;

  const subscriptionObject = (customer: string, { id, status, price, quantity = 1, periodStart, periodEnd, cancelAtPeriodEnd = false }: PeerSubscription) => {
    const whole = fixture('subscription');
    const items = whole['items'] as { data: Record<string, unknown>[] };
    const item = items.data[0]!;
    Object.assign(item, { id: `si_${id}`, quantity, subscription: id, current_period_start: periodStart, current_period_end: periodEnd });
    Object.assign(item['price'] as object, { id: price });
    const ends = cancelAtPeriodEnd ? periodEnd : null;
    return { ...whole, id, customer, status, cancel_at_period_end: cancelAtPeriodEnd, cancel_at: ends, ended_at: null, items };
  };
  const list = (url: string, data: unknown[]) => ({ object: 'list', url, has_more: false, data });
  const missing = (what: string) => ({ status: 404, body: { error: { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${what}` } } });
  const ok = (body: unknown) => ({ status: 200, body });

  const routes: Record<
    string,
    (form: URLSearchParams, id: string, key: string | undefined) => { status: number; body: unknown } | Promise<{ status: number; body: unknown }>
  > = {
    'POST /v1/customers': (form, _id, key) => {
      const id = (key !== undefined && byKey.get(key)) || `cus_${++made}`;
      if (key !== undefined) byKey.set(key, id);
      if (!customers.has(id)) customers.set(id, new Map());
      return ok({ ...fixture('customer'), id, email: form.get('email'), metadata: { userId: form.get('metadata[userId]') } });
    },
    'POST /v1/checkout/sessions': (form) =>
      customers.has(form.get('customer') ?? '')
        ? ok({ ...fixture('checkout.session'), mode: 'subscription', customer: form.get('customer'), success_url: form.get('success_url') })
        : missing('customer'),
    'POST /v1/billing_portal/sessions': (form) =>
      customers.has(form.get('customer') ?? '')
        ? ok({ ...fixture('billing_portal.session'), customer: form.get('customer'), url: 'https://billing.example.org/p/1' })
        : missing('customer'),
    'GET /v1/subscriptions': async (form) => {
      const customer = form.get('customer') ?? '';
      const owned = customers.get(customer);
      if (!owned) return missing('customer');
      const answer = ok(
        list(
          '/v1/subscriptions',
          [...owned.values()].map((one) => subscriptionObject(customer, one)),
        ),
      );
      await peer.slow();
      return answer;
    },
    'DELETE /v1/customers/:id': (_form, id) => (customers.delete(id) ? ok({ ...fixture('deleted_customer'), id }) : missing('customer')),
    'POST /v1/subscriptions/:id': (form, id) => {
      for (const [customer, owned] of customers) {
        const known = owned.get(id);
        if (!known) continue;
        const next = { ...known, cancelAtPeriodEnd: form.get('cancel_at_period_end') === 'true' };
        owned.set(id, next);
        return ok(subscriptionObject(customer, next));
      }
      return missing('subscription');
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://peer');
    const [, kind = '', id = ''] = /^\/v1\/(subscriptions|customers)\/(.+)$/.exec(url.pathname) ?? [];
    const form = request.method === 'GET' ? url.searchParams : new URLSearchParams(body);
    const key = request.headers['idempotency-key'];
    requests.push({ what: `${request.method} ${url.pathname}`, form, idempotencyKey: key as string | undefined });
    const route = routes[`${request.method} ${id === '' ? url.pathname : `/v1/${kind}/:id`}`];
    const reply =
      peer.fails !== null
        ? { status: peer.fails, body: { error: { type: 'api_error', message: 'secret words' } } }
        : ((await route?.(form, id, key as string)) ?? missing('route'));
    response.writeHead(reply.status, { 'content-type': 'application/json', 'request-id': `req_${requests.length}` }).end(JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const peer: StripePeer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (customerId, subscription) =>
      void (customers.get(customerId) ?? customers.set(customerId, new Map()).get(customerId)!).set(subscription.id, subscription),
    forget: (customerId) => void customers.delete(customerId),
    event: (customerId, type) => {
      const id = `evt_${++events}`;
      const owned = [...(customers.get(customerId)?.values() ?? [])].at(-1);
      const object = owned ? subscriptionObject(customerId, owned) : { ...fixture('customer'), id: customerId };
      return { id, body: JSON.stringify({ ...fixture('event'), id, type, data: { object } }) };
    },
    requests,
    slow: async () => {},
    fails: null,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return peer;
}
