import { type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '@adiuva/shared/contracts/errors.ts';
import { useApp } from '../app-context.ts';
import type { Entry } from '../data/cache.ts';
import { useAfter } from '../data/hooks.ts';
import { type ProblemWords, wordsOf, wordsOfProblem } from '../words/problems.ts';
import { Button } from './button.tsx';

/** Says what goes here and offers the one next action. */
export function Empty({ icon: Icon, title, children, action }: { icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={24} aria-hidden />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Grey lines where content will stand; nothing at all for the first 150 ms. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  const late = useAfter(150);
  if (!late) return null;
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

/** An error: what happened, what is safe, what to do, and the request id to copy. */
export function ProblemNote({ words, onRetry, children }: { words: ProblemWords; onRetry?: (() => void) | undefined; children?: ReactNode }) {
  return (
    <div className="notice bad" role="alert">
      <TriangleAlert size={17} aria-hidden />
      <div className="grow">
        <div className="strong">{words.title}</div>
        <div>
          {words.safe} {words.hint}
        </div>
        <div className="notice-actions">
          {onRetry && (
            <Button small onClick={onRetry}>
              Try again
            </Button>
          )}
          {children}
        </div>
        <Details words={words} />
      </div>
    </div>
  );
}

function Details({ words }: { words: ProblemWords }) {
  const { toasts } = useApp();
  const text = [words.code, words.detail, words.requestId && `request ${words.requestId}`].filter(Boolean).join(' · ');
  const copy = () => void navigator.clipboard.writeText(text).then(() => toasts.add({ tone: 'good', text: 'Copied.' }));
  return (
    <details>
      <summary>Details</summary>
      <p>
        <code>{text}</code>
      </p>
      <Button small look="quiet" onClick={copy}>
        Copy details
      </Button>
    </details>
  );
}

export const ErrorNote = ({ error, onRetry }: { error: unknown; onRetry?: () => void }) => <ProblemNote words={wordsOf(error)} onRetry={onRetry} />;
export const StoredProblem = ({ problem, children }: { problem: Problem; children?: ReactNode }) => (
  <ProblemNote words={wordsOfProblem(problem)}>{children}</ProblemNote>
);

/** Draws a question's answer; its skeleton, its error, or both the old answer and the error. */
export function Answer<T>({ entry, onRetry, lines = 6, children }: { entry: Entry<T>; onRetry: () => void; lines?: number; children: (data: T) => ReactNode }) {
  if (entry.data === undefined && !entry.error) return <Skeleton lines={lines} />;
  return (
    <>
      {entry.error && <ErrorNote error={entry.error} onRetry={onRetry} />}
      {entry.data !== undefined && children(entry.data)}
    </>
  );
}
