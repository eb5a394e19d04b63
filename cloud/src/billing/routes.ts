import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { checkoutReply, checkoutRequest, limitsReply, subscription } from '@adiuva/shared/contracts/billing.ts';
import { callerOf } from '../http/auth-guard.ts';
import type { Billing } from './billing.ts';

/** Stripe's events carry whole objects. */
const eventBytes = 1024 * 1024;

const nothing = z.undefined().describe('done');
const tags = ['billing'];

/** What the browser shows after the provider's page: no script, nothing from elsewhere. */
const pages = {
  done: 'Thank you. You can close this page and go back to Adiuva.',
  back: 'Nothing was changed. You can close this page and go back to Adiuva.',
} as const;

const urlsOf = ({ protocol, host }: FastifyRequest) => ({ doneUrl: `${protocol}://${host}/billing/done`, backUrl: `${protocol}://${host}/billing/back` });

/** `/billing/…` of the contract. Registered under `/api/v1`. */
export function billingRoutes(billing: Billing): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/billing/checkout',
      { config: { access: 'caller' }, schema: { tags, body: checkoutRequest, response: { 200: checkoutReply } } },
      async (request) => ({ url: await billing.checkout(callerOf(request), request.body, urlsOf(request)) }),
    );

    app.post('/billing/portal', { config: { access: 'caller' }, schema: { tags, response: { 200: checkoutReply } } }, async (request) => ({
      url: await billing.portal(callerOf(request), urlsOf(request).backUrl),
    }));

    app.get('/billing/subscription', { config: { access: 'caller' }, schema: { tags, response: { 200: subscription } } }, (request) =>
      billing.subscription(callerOf(request)),
    );

    app.delete('/billing/subscription', { config: { access: 'caller' }, schema: { tags, response: { 200: subscription } } }, async (request) => {
      await billing.cancel(callerOf(request));
      return billing.subscription(callerOf(request));
    });

    app.get('/billing/limits', { config: { access: 'caller' }, schema: { tags, response: { 200: limitsReply } } }, (request) =>
      billing.limits(callerOf(request)),
    );

    await app.register(webhookRoute(billing));
  };
}

/** Signed over its bytes, so they stay what they were. */
function webhookRoute(billing: Billing): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeContentTypeParser('application/json');
    app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: eventBytes }, (_request, body, done) => done(null, body));
    app.post(
      '/billing/webhook',
      {
        config: { access: 'anyone' },
        bodyLimit: eventBytes,
        schema: { tags, headers: z.object({ 'stripe-signature': z.string().max(4_096).optional() }), response: { 204: nothing } },
      },
      async (request, reply) => {
        const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        await billing.webhook(raw, request.headers['stripe-signature'] ?? '');
        return reply.code(204).send();
      },
    );
  };
}

/** Where the provider's pages lead back to, at the root. */
export function billingPages(): FastifyPluginAsyncZod {
  return async (app) => {
    for (const [name, text] of Object.entries(pages))
      app.get(`/billing/${name}`, { config: { access: 'anyone' }, schema: { tags, response: { 200: z.string() } } }, async (_request, reply) => {
        reply.type('text/plain; charset=utf-8');
        return text;
      });
  };
}
