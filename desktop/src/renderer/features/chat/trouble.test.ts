import { describe, expect, it } from 'vitest';
import { type ErrorCode, errors } from '@adiuva/shared/contracts/errors.ts';
import { freeAt, leftText, mayRetry, troubleOf } from './trouble.ts';

describe('what keeps an answer back', () => {
  it.each([
    ['cloud.offline', 'offline'],
    ['auth.required', 'signedOut'],
    ['auth.refresh_reused', 'signedOut'],
    ['rate.limited', 'limit'],
    ['tier.required', 'tier'],
    ['model.unavailable', 'provider'],
    ['model.timeout', 'provider'],
    ['dependency.unavailable', 'provider'],
    ['cloud.bad_reply', 'provider'],
    ['auth.busy', 'provider'],
    ['internal', 'ours'],
    ['request.invalid', 'ours'],
    ['chat.context_too_large', 'request'],
    ['model.not_private', 'request'],
    ['a.code_of_tomorrow', 'ours'],
    ['constructor', 'ours'],
  ])('%s is %s', (code, trouble) => expect(troubleOf(code)).toBe(trouble));

  it('leaves nobody without a next step: what is not about the message itself may be asked again', () => {
    const stuck = (Object.keys(errors) as ErrorCode[]).filter((code) => errors[code].retry && !mayRetry(code));
    expect(stuck).toEqual([]);
  });

  it('knows when a limit is over only where it was said', () => {
    expect(freeAt({ at: '2026-11-20T10:00:00.000Z', retryAfter: 40 })).toBe(Date.parse('2026-11-20T10:00:40Z'));
    expect([freeAt({ at: '2026-11-20T10:00:00Z' }), freeAt({ retryAfter: 40 })]).toEqual([null, null]);
  });

  it.each([
    [-5, '0 s'],
    [1, '1 s'],
    [59_001, '1 min'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms are %s', (ms, text) => expect(leftText(ms)).toBe(text));
});
