import { createHash } from 'node:crypto';
import { z } from 'zod';
import { chatLimits, chatRequest, type ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, parseAs } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { zoneNamed } from '@adiuva/shared/language/zone.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';

/** Deeper than any record or document nests, and far from where walking a value would exhaust the stack. */
const deepest = 32;

const loose = z.object({ message: z.string(), context: z.unknown() });

/**
 * A chat request from outside, with the code of its own for each fault that has one.
 * @throws AdiuvaError `chat.message_empty` · `chat.message_too_long` · `chat.context_too_large` · `request.invalid`
 */
export function parseChatRequest(data: unknown): ChatRequest {
  if (isTooDeep(data)) throw new AdiuvaError('request.invalid', { detail: `value: must not nest deeper than ${deepest} levels` });
  const seen = loose.safeParse(data);
  if (seen.success) refuseSizes(seen.data);
  const request = parseAs(chatRequest, data, 'request.invalid');
  // A zone nobody knows is a fault of the request, not of the answer that has begun.
  zoneNamed(request.context.userProfile.timeZone);
  return request;
}

function refuseSizes({ message, context }: z.infer<typeof loose>): void {
  if (message.trim() === '') throw new AdiuvaError('chat.message_empty');
  if (message.length > chatLimits.message) throw new AdiuvaError('chat.message_too_long');
  const bytes = Buffer.byteLength(JSON.stringify(context) ?? '');
  if (bytes > chatLimits.contextBytes) throw new AdiuvaError('chat.context_too_large', { detail: `${bytes} bytes, ${chatLimits.contextBytes} are allowed` });
}

/** Level by level instead of recursive: the depth is exactly what is not known yet. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level
      .flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []))
      .filter((item) => item !== null && typeof item === 'object');
  }
  return false;
}

export type IdentifiedRequest = ChatRequest & { requestId: string; sessionId: string };

/** The request with the ids it may have left to us. */
export function identified(request: ChatRequest, now: number, random: Random): IdentifiedRequest {
  return { ...request, requestId: request.requestId ?? newId(now, random), sessionId: request.sessionId ?? newId(now, random) };
}

/**
 * What must be equal for a request id to mean the same run: what the user said, where and how. Not the context: a client that asks again
 * after a lost answer sends the time and the records of then.
 */
export function fingerprint({ message, sessionId, executionMode }: ChatRequest): string {
  return createHash('sha256').update(canonicalJson({ message, sessionId, executionMode })).digest('base64url');
}
