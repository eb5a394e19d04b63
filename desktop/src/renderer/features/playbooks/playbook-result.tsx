import { Cloud, Copy, HardDrive, Hourglass } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { PlaybookResult } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { IconButton } from '../../ui/button.tsx';
import { briefText, inSentence } from '../../words/dates.ts';
import { wordsOfProblem } from '../../words/problems.ts';
import { PlanCard } from '../plans/plan-card.tsx';
import { useCopy } from '../shell/acts.ts';
import { Parts } from './parts.tsx';
import { cloudText } from './playbook-words.ts';

/** What a run gave: its words, and its changes as plans that wait. The newest one takes the focus, so that reading goes on there. */
export function ResultCard({ result, fresh }: { result: PlaybookResult; fresh: boolean }) {
  const here = useHere();
  const copy = useCopy();
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (fresh) card.current?.focus();
  }, [fresh, result.runId]);
  const Icon = result.cloud === 'done' ? Cloud : result.cloud === 'queued' ? Hourglass : HardDrive;
  const note = cloudText(result);
  return (
    <article ref={card} tabIndex={-1} className="card playbook-result" aria-label={`Result of ${result.title}`}>
      <header className="row">
        <span className="grow small soft playbook-made">
          <Icon size={13} aria-hidden />
          {result.cloud === 'done' ? 'Made with the cloud' : 'Made on this device'} ·{' '}
          <time dateTime={result.createdAt}>{inSentence(briefText(result.createdAt, here))}</time>
        </span>
        <IconButton tiny icon={Copy} label="Copy the result" onClick={() => copy(result.markdown, 'The result was copied.')} />
      </header>
      <Parts sections={result.sections} />
      {note !== null && (
        <p className="small soft">
          {note}
          {result.problem && ` ${wordsOfProblem(result.problem).title}.`}
        </p>
      )}
      {result.planIds.map((planId) => (
        <PlanCard key={planId} planId={planId} />
      ))}
    </article>
  );
}
