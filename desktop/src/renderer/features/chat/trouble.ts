import { type ErrorCode, errors, isErrorCode } from '@adiuva/shared/contracts/errors.ts';

/** What keeps an answer back, as far as it matters for what the user can do about it. `request`: this message cannot be answered as it is. */
export type Trouble = 'offline' | 'signedOut' | 'limit' | 'tier' | 'provider' | 'ours' | 'request';

const byFamily: ReadonlyMap<string, Trouble> = new Map([
  ['cloud', 'provider'],
  ['auth', 'signedOut'],
  ['rate', 'limit'],
  ['tier', 'tier'],
  ['model', 'provider'],
  ['dependency', 'provider'],
  ['plan', 'provider'],
  ['chat', 'request'],
  ['message', 'request'],
  ['session', 'request'],
  ['permission', 'request'],
  ['vault', 'request'],
]);

/** Codes that are something else than the rest of their family. */
const byCode: Partial<Record<ErrorCode, Trouble>> = {
  'cloud.offline': 'offline',
  'bridge.disconnected': 'offline',
  'auth.busy': 'provider',
  'chat.run_not_found': 'provider',
  'chat.request_reused': 'ours',
  'model.not_private': 'request',
  'request.too_large': 'request',
  'request.timeout': 'provider',
};

/** A code that this version does not know, of a newer cloud, is ours to mend like every one that nothing is said of here. */
export function troubleOf(code: string): Trouble {
  return (isErrorCode(code) ? byCode[code] : undefined) ?? byFamily.get(code.split('.')[0] ?? '') ?? 'ours';
}

/** Whether the same request may go better another time. */
export const mayRetry = (code: string): boolean => troubleOf(code) !== 'request' || (isErrorCode(code) && errors[code].retry);

/** When what is limited is free again (ms), from the time of the refusal; null where nobody said. */
export function freeAt({ at, retryAfter }: { at?: string | undefined; retryAfter?: number | undefined }): number | null {
  const from = Date.parse(at ?? '');
  return retryAfter === undefined || Number.isNaN(from) ? null : from + retryAfter * 1_000;
}

/** `38 s`, `4 min 10 s`, `2 h 5 min`: what is left, never less than is true. */
export function leftText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
