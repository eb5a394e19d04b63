import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  accountExport,
  deletionRequest,
  loginRequest,
  logoutRequest,
  meReply,
  passwordRequest,
  refreshRequest,
  registerRequest,
  sessionList,
  tokenReply,
} from '@adiuva/shared/contracts/auth.ts';
import { callerOf } from '../http/auth-guard.ts';
import type { Accounts } from './accounts.ts';
import { shownSession } from './export.ts';

const nothing = z.undefined().describe('done');
const sessionParams = z.object({ id: z.uuid() });

/** `/auth/…` of the contract. Registered under `/api/v1`. */
export function accountRoutes(accounts: Accounts): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ['auth'];

    app.post(
      '/auth/register',
      { config: { access: 'anyone', faults: { password: 'auth.password_length' } }, schema: { tags, body: registerRequest, response: { 201: tokenReply } } },
      async (request, reply) => reply.code(201).send(await accounts.register(request.body)),
    );

    app.post('/auth/login', { config: { access: 'anyone' }, schema: { tags, body: loginRequest, response: { 200: tokenReply } } }, (request) =>
      accounts.login(request.body, request.ip),
    );

    app.post('/auth/refresh', { config: { access: 'anyone' }, schema: { tags, body: refreshRequest, response: { 200: tokenReply } } }, (request) =>
      accounts.refresh(request.body),
    );

    app.post('/auth/logout', { config: { access: 'anyone' }, schema: { tags, body: logoutRequest, response: { 204: nothing } } }, async (request, reply) => {
      await accounts.logout(request.body.refreshToken);
      return reply.code(204).send();
    });

    app.post('/auth/logout-all', { config: { access: 'caller' }, schema: { tags, response: { 204: nothing } } }, async (request, reply) => {
      await accounts.logoutAll(callerOf(request));
      return reply.code(204).send();
    });

    app.get('/auth/me', { config: { access: 'caller' }, schema: { tags, response: { 200: meReply } } }, async (request) => ({
      user: await accounts.me(callerOf(request)),
    }));

    app.delete('/auth/me', { config: { access: 'caller' }, schema: { tags, body: deletionRequest, response: { 204: nothing } } }, async (request, reply) => {
      await accounts.deleteOwn(callerOf(request), request.body.password, request.ip);
      return reply.code(204).send();
    });

    app.get('/auth/export', { config: { access: 'caller' }, schema: { tags, response: { 200: accountExport } } }, async (request, reply) => {
      reply.header('content-disposition', 'attachment; filename="adiuva-account.json"');
      return accounts.export(callerOf(request));
    });

    app.get('/auth/sessions', { config: { access: 'caller' }, schema: { tags, response: { 200: sessionList } } }, async (request) => {
      const caller = callerOf(request);
      return { sessions: (await accounts.sessions(caller)).map((row) => shownSession(row, caller)) };
    });

    app.delete(
      '/auth/sessions/:id',
      {
        config: { access: { owned: 'session', param: 'id', missing: 'auth.session_not_found' } },
        schema: { tags, params: sessionParams, response: { 204: nothing } },
      },
      async (request, reply) => {
        await accounts.endSession(callerOf(request), request.params.id);
        return reply.code(204).send();
      },
    );

    app.post(
      '/auth/password',
      { config: { access: 'caller', faults: { newPassword: 'auth.password_length' } }, schema: { tags, body: passwordRequest, response: { 200: tokenReply } } },
      (request) => accounts.changePassword(callerOf(request), request.body, request.ip),
    );
  };
}

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string(),
  x: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});

/** `/.well-known/jwks.json`, at the root. */
export function keyRoutes(accounts: Accounts): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/.well-known/jwks.json',
      { config: { access: 'anyone' }, schema: { tags: ['auth'], response: { 200: z.object({ keys: z.array(publicKey) }) } } },
      async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(await accounts.publicKeys()),
    );
  };
}
