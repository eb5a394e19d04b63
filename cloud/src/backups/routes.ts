import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  backupCommit,
  backupDeletion,
  backupEntry,
  backupEnvelope,
  backupHistory,
  backupReply,
  envelopeChange,
  missingObjects,
  objectBytes,
  objectId,
  offeredObjects,
} from '@adiuva/shared/contracts/backup.ts';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Caller } from '../http/access.ts';
import { callerOf } from '../http/auth-guard.ts';
import { isFresh, rangeOf } from '../http/conditional.ts';
import type { Backups, Kept } from './backups.ts';
import { bodyReader } from './incoming.ts';
import type { Owner } from './objects.ts';
import type { Quota } from './quota.ts';

export interface BackupRoutesDeps {
  readonly backups: Backups;
  readonly backupQuota: (tier: TierName) => Quota;
  /** @throws AdiuvaError `auth.invalid_credentials` · `rate.limited` */
  readonly confirmPassword: (caller: Caller, password: string, address: string) => Promise<void>;
  readonly clock: Clock;
}

/** A manifest as base64url, 65,536 names, and the rest. */
const commitBytes = 5 * 1024 * 1024;
/** 2,000 names with their sizes. */
const offerBytes = 256 * 1024;

const nothing = z.undefined().describe('done');
/** Anything, so that what cannot be a name is not found rather than refused. */
const named = z.object({ id: z.string() });
/** The name in a path. @throws AdiuvaError `missing` for what is no name at all, as the database takes not every text */
function nameIn({ params }: { params: { id: string } }, { missing }: { missing: ErrorCode }): string {
  if (!objectId.safeParse(params.id).success) throw new AdiuvaError(missing);
  return params.id;
}
const bytesOfObject = z.any().describe('the sealed bytes');
const tags = ['backup'];
const objects = { owned: 'object', param: 'id', missing: 'backup.object_not_found' } as const;
const one = { owned: 'backup', param: 'id', missing: 'backup.not_found' } as const;

/** `/backup…` of `docs/wire.md`. Registered under `/api/v1`. */
export function backupRoutes(deps: BackupRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(envelopeRoutes(deps));
    await app.register(historyRoutes(deps));
    await app.register(objectRoutes(deps));
  };
}

const ownerOf = ({ backupQuota }: BackupRoutesDeps, request: FastifyRequest): Owner => {
  const { userId, tier } = callerOf(request);
  return { userId, quota: backupQuota(tier) };
};

function envelopeRoutes(deps: BackupRoutesDeps): FastifyPluginAsyncZod {
  const { backups } = deps;
  return async (app) => {
    app.get('/backup/envelope', { config: { access: 'caller' }, schema: { tags, response: { 200: backupEnvelope, 304: nothing } } }, async (request, reply) => {
      const envelope = await backups.envelope(ownerOf(deps, request));
      if (notChanged(request, reply, { etag: `"${envelope.sum}"` })) return reply;
      return envelope;
    });

    app.put('/backup/envelope', { config: { access: 'caller' }, schema: { tags, body: envelopeChange, response: { 200: backupEnvelope } } }, (request) =>
      backups.putEnvelope(ownerOf(deps, request), request.body.expected, request.body.envelope),
    );
  };
}

function historyRoutes(deps: BackupRoutesDeps): FastifyPluginAsyncZod {
  const { backups } = deps;
  return async (app) => {
    app.put(
      '/backup',
      { bodyLimit: commitBytes, config: { access: 'caller' }, schema: { tags, body: backupCommit, response: { 200: backupEntry, 201: backupEntry } } },
      async (request, reply) => {
        const { entry, repeated } = await backups.commit(ownerOf(deps, request), request.body);
        return reply.code(repeated ? 200 : 201).send(entry);
      },
    );

    app.get('/backup', { config: { access: 'caller' }, schema: { tags, response: { 200: backupReply, 304: nothing } } }, async (request, reply) => {
      const newest = await backups.newest(ownerOf(deps, request));
      if (notChanged(request, reply, { etag: `"${newest.entry.manifest}"`, lastModified: newest.since })) return reply;
      return replyOf(newest);
    });

    app.get('/backup/history', { config: { access: 'caller' }, schema: { tags, response: { 200: backupHistory } } }, (request) =>
      backups.history(ownerOf(deps, request)),
    );

    app.get(
      '/backup/:id',
      { config: { access: one }, schema: { tags, params: named, response: { 200: backupReply, 304: nothing } } },
      async (request, reply) => {
        const found = await backups.get(ownerOf(deps, request), nameIn(request, one));
        if (notChanged(request, reply, { etag: `"${found.entry.manifest}"` })) return reply;
        return replyOf(found);
      },
    );

    app.delete(
      '/backup/:id',
      { config: { access: one }, schema: { tags, params: named, body: backupDeletion, response: { 204: nothing } } },
      async (request, reply) => {
        const owner = ownerOf(deps, request);
        // Whether it is there says nothing that the history does not, and a hash of a password is dear.
        await backups.get(owner, nameIn(request, one));
        await deps.confirmPassword(callerOf(request), request.body.password, request.ip);
        await backups.delete(owner, request.params.id);
        return reply.code(204).send();
      },
    );
  };
}

function objectRoutes(deps: BackupRoutesDeps): FastifyPluginAsyncZod {
  const { backups, clock } = deps;
  const incoming = bodyReader(clock);
  return async (app) => {
    app.post(
      '/backup/objects/missing',
      {
        bodyLimit: offerBytes,
        config: { access: 'caller', bucket: 'objects' },
        schema: { tags, body: offeredObjects, response: { 200: missingObjects } },
      },
      async (request) => ({ missing: await backups.offer(ownerOf(deps, request), request.body.objects) }),
    );

    app.get(
      '/backup/objects/:id',
      {
        config: { access: objects, bucket: 'objects' },
        schema: { tags, params: named, querystring: z.object({ redirect: z.literal('1').optional() }), response: { 200: bytesOfObject, 206: bytesOfObject } },
      },
      async (request, reply) => {
        const found = await backups.find(ownerOf(deps, request), nameIn(request, objects), request.query.redirect === '1');
        if (found.link !== null) return reply.redirect(found.link, 302);
        return sendObject(request, reply, found);
      },
    );

    await app.register(async (scope) => {
      // The bytes go on as they come; nothing here ever holds a whole object.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
      scope.put<{ Params: { id: string } }>(
        '/backup/objects/:id',
        {
          bodyLimit: objectBytes,
          config: { access: { makes: 'object', param: 'id' }, bucket: 'objects', slowBody: true },
          schema: { tags, consumes: ['application/octet-stream'], params: z.object({ id: objectId }), body: bytesOfObject, response: { 201: nothing } },
        },
        async (request, reply) => {
          const bytes = lengthOf(request);
          await backups.put(ownerOf(deps, request), { id: request.params.id, bytes }, incoming(request));
          return reply.code(201).send();
        },
      );
    });
  };
}

/** @throws AdiuvaError `request.invalid` · `request.too_large` */
function lengthOf({ headers }: FastifyRequest): number {
  const bytes = Number(headers['content-length'] ?? 0);
  if (bytes > objectBytes) throw new AdiuvaError('request.too_large', { detail: `at most ${objectBytes} bytes are taken` });
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new AdiuvaError('request.invalid', { detail: 'Content-Length: must be there, and at least 1' });
  return bytes;
}

async function sendObject(request: FastifyRequest, reply: FastifyReply, found: Awaited<ReturnType<Backups['find']>>): Promise<FastifyReply> {
  const range = rangeOf(request.headers.range, found.bytes);
  reply.headers({ 'content-type': 'application/octet-stream', 'cache-control': 'private, max-age=31536000, immutable', 'accept-ranges': 'bytes' });
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${found.bytes}`);
  reply.header('content-length', range ? range.end - range.start + 1 : found.bytes);
  // For HEAD an empty stream, because the framework replaces the length of anything else by that of what it got.
  const body = request.method === 'HEAD' ? [] : await found.read(range ?? undefined);
  return reply.send(Readable.from(body, { objectMode: false }));
}

const replyOf = ({ entry, manifest }: Kept) => ({ entry, manifest: Buffer.from(manifest).toString('base64url') });

/** Writes what the next question can be asked with. @returns true when this one is answered by it */
function notChanged(request: FastifyRequest, reply: FastifyReply, { etag, lastModified }: { etag: string; lastModified?: number }): boolean {
  reply.header('cache-control', 'private, no-cache').header('etag', etag);
  if (lastModified !== undefined) reply.header('last-modified', new Date(lastModified).toUTCString());
  if (!isFresh(request.headers, { etag, lastModified })) return false;
  reply.code(304).send();
  return true;
}
