import { AdiuvaError, type ErrorCode, errors, isErrorCode, type Problem, toProblem } from '@adiuva/shared/contracts/errors.ts';

/** What a reader needs of an error: what happened, what is safe, what to do, what to quote. */
export interface ProblemWords {
  readonly code: string;
  readonly title: string;
  readonly detail: string | null;
  readonly hint: string;
  readonly safe: string;
  readonly requestId: string | null;
  readonly retry: boolean;
}

/** What stands firm in spite of the error, by the family of its code. */
const safeByFamily: Readonly<Record<string, string>> = {
  request: 'Nothing was changed.',
  rate: 'Your message is kept on this device.',
  auth: 'Everything on this device stays and works.',
  tier: 'Nothing was deleted or turned off.',
  chat: 'Your message is kept on this device.',
  model: 'Your message is kept on this device.',
  plan: 'Your records are as they were.',
  run: 'Your records are as they were.',
  record: 'Your records are as they were.',
  queue: 'What waits in the outbox stays there.',
  vault: 'Your data is untouched and stays encrypted.',
  backup: 'Your data on this device is as it was.',
  cloud: 'Everything on this device stays and works.',
  bridge: 'What was saved is kept. What you typed is still here.',
};

const fallbackSafe = 'What was saved is kept.';

export function wordsOf(thrown: unknown): ProblemWords {
  return wordsOfProblem(thrown instanceof AdiuvaError ? toProblem(thrown) : toProblem(new AdiuvaError('internal')));
}

export function wordsOfProblem(problem: Problem): ProblemWords {
  const row = isErrorCode(problem.code) ? errors[problem.code] : null;
  const wait = problem.retryAfter === undefined ? '' : ` Ready again in ${Math.ceil(problem.retryAfter)} seconds.`;
  return {
    code: problem.code,
    title: row?.title ?? problem.title,
    detail: problem.detail ?? null,
    hint: (row?.hint ?? 'Try again.') + wait,
    safe: safeByFamily[problem.code.split('.')[0] ?? ''] ?? fallbackSafe,
    requestId: problem.requestId ?? null,
    retry: row?.retry ?? false,
  };
}

export const isCode = (thrown: unknown, ...codes: ErrorCode[]): boolean => thrown instanceof AdiuvaError && codes.includes(thrown.code);
