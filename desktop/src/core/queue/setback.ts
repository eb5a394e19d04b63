import type { AdiuvaError, ErrorCode } from '@adiuva/shared/contracts/errors.ts';

/** What a failure of the cloud means for a job that waits for it: nothing of the queue now, this job later, or the user has to look. */
export type Setback = { readonly kind: 'pause'; readonly ms: number | null } | { readonly kind: 'retry' } | { readonly kind: 'needs_you' };

/** The cloud is not there, or not for us: the whole queue waits until that changes. */
const away = new Set<ErrorCode>(['cloud.offline', 'auth.required', 'auth.token_expired', 'auth.token_invalid', 'auth.refresh_invalid', 'auth.refresh_reused']);
/** The cloud is there and asks for time: the whole queue waits as long as it said. */
const crowded = new Set<ErrorCode>(['rate.limited', 'dependency.unavailable', 'auth.busy']);
const crowdedMs = 30_000;

export function setbackOf({ code, retryAfter, row }: AdiuvaError): Setback {
  if (away.has(code)) return { kind: 'pause', ms: null };
  if (crowded.has(code)) return { kind: 'pause', ms: retryAfter === undefined ? crowdedMs : retryAfter * 1_000 };
  return { kind: row.retry ? 'retry' : 'needs_you' };
}
