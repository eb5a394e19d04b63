import { Bug, ClipboardCopy, CloudOff, Gauge, HardDrive, LogIn, type LucideIcon, MessageSquareWarning, RotateCcw, Sparkles, Unplug } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { wordsOfProblem } from '../../words/problems.ts';
import { civilOf, clockText } from '../../words/zone.ts';
import { useCopy } from '../shell/acts.ts';
import { hashOf } from '../shell/route.ts';
import { freeAt, leftText, mayRetry, type Trouble, troubleOf } from './trouble.ts';
import type { MessageActs } from './use-message-acts.ts';

interface Troubled {
  readonly message: Message;
  readonly acts: MessageActs;
}

type Problem = NonNullable<Message['problem']>;

interface Look {
  readonly icon: LucideIcon;
  readonly tone: '' | 'warn' | 'bad';
}

const looks: Readonly<Record<Trouble, Look>> = {
  offline: { icon: CloudOff, tone: 'warn' },
  signedOut: { icon: LogIn, tone: 'warn' },
  limit: { icon: Gauge, tone: 'warn' },
  tier: { icon: Sparkles, tone: 'warn' },
  provider: { icon: Unplug, tone: 'bad' },
  ours: { icon: Bug, tone: 'bad' },
  request: { icon: MessageSquareWarning, tone: 'bad' },
};

/** Waiting without a reason given: the device knew that the cloud was away and did not ask. */
const away: Problem = { type: 'urn:adiuva:error:cloud.offline', title: '', status: 503, code: 'cloud.offline' };

/** Why an answer is not there, or not whole: what happened, what is safe, and what can be done now. Nothing ever stays without a way on. */
export function AnswerTrouble({ message, acts }: Troubled) {
  const queued = message.state === 'queued';
  const problem = message.problem ?? (queued ? away : null);
  if (!problem) return null;
  const trouble = troubleOf(problem.code);
  const { icon: Icon, tone } = looks[trouble];
  return (
    <div className={`notice trouble ${tone}`} role="group" aria-label="Why there is no answer yet" data-trouble={trouble}>
      <Icon size={17} aria-hidden />
      <div className="grow">
        <div className="strong">{trouble === 'signedOut' ? 'You are signed out' : wordsOfProblem(problem).title}</div>
        <Explanation trouble={trouble} problem={problem} queued={queued} />
        <div className="notice-actions">
          <Ways trouble={trouble} message={message} problem={problem} acts={acts} />
        </div>
        {trouble === 'ours' && <Quote message={message} problem={problem} />}
        {trouble === 'provider' && (
          <details>
            <summary>Details</summary>
            <Quote message={message} problem={problem} />
          </details>
        )}
      </div>
    </div>
  );
}

const outbox = <a href={hashOf('outbox')}>outbox</a>;

function Explanation({ trouble, problem, queued }: { trouble: Trouble; problem: Problem; queued: boolean }) {
  const words = wordsOfProblem(problem);
  const kept = queued ? <>Your message waits in the {outbox}</> : <>Your message is kept on this device</>;
  const texts: Readonly<Record<Trouble, ReactNode>> = {
    offline: (
      <>
        {kept}
        {queued ? ' and goes out by itself once the cloud is back.' : '.'}
      </>
    ),
    signedOut: (
      <>
        {kept}
        {queued ? ' and goes out once you sign in. ' : '. '}Everything on this device works.
      </>
    ),
    limit: <LimitText problem={problem} queued={queued} />,
    tier: (
      <>
        {words.safe} {words.hint}
      </>
    ),
    provider: queued ? (
      <>{kept} and is tried again by itself.</>
    ) : (
      <>
        {words.safe} {words.hint}
      </>
    ),
    ours: <>Nothing was lost or changed. The line below helps us find it; it holds nothing of what you wrote.</>,
    request: (
      <>
        {words.safe} {words.hint}
      </>
    ),
  };
  return <p>{texts[trouble]}</p>;
}

/** Milliseconds until `at`, again every second; 0 once it is over, null where there is no time to wait for. */
function useLeft(at: number | null): number | null {
  const { clock } = useApp();
  const [now, setNow] = useState(() => clock.now());
  const left = at === null ? null : Math.max(0, at - now);
  useEffect(() => {
    if (left === null || left === 0) return;
    return clock.after(Math.min(left, 1_000), () => setNow(clock.now()));
  }, [clock, left]);
  return left;
}

function LimitText({ problem, queued }: { problem: Problem; queued: boolean }) {
  const here = useHere();
  const at = freeAt(problem);
  const left = useLeft(at);
  if (at === null || left === null)
    return <>{queued ? <>Your message waits in the {outbox} and goes out by itself.</> : 'Your message is kept on this device.'}</>;
  if (left === 0) return <>The limit is over. {queued ? 'Your message goes out by itself.' : 'You can ask again now.'}</>;
  return (
    <>
      Free again in <span className="figures strong">{leftText(left)}</span>, at <time className="figures">{clockText(civilOf(at, here.zone))}</time>.{' '}
      {queued ? <>Your message waits in the {outbox} and goes out by itself then.</> : 'Your message is kept on this device.'}
    </>
  );
}

/** What can be done, the most fitting first. */
function Ways({ trouble, message, problem, acts }: Troubled & { trouble: Trouble; problem: Problem }) {
  const limited = useLeft(trouble === 'limit' ? freeAt(problem) : null);
  const account = useQuery('account.state', undefined).data?.account ?? null;
  const outside = trouble === 'signedOut' && account === null;
  const again = mayRetry(problem.code) && !outside && trouble !== 'tier' && (limited === null || limited === 0);
  return (
    <>
      {outside && (
        <a className="button primary small" href={hashOf('settings', 'account')}>
          Sign in
        </a>
      )}
      {again && (
        <Button small icon={RotateCcw} onClick={() => acts.retry(message)}>
          Try again
        </Button>
      )}
      {message.route !== 'local' && (
        <Button small icon={HardDrive} onClick={() => acts.answerHere(message)}>
          Answer on this device
        </Button>
      )}
      {(trouble === 'limit' || trouble === 'tier') && (
        <a className="button plain small" href={hashOf('settings', 'account')}>
          See plans
        </a>
      )}
    </>
  );
}

/** What to quote to us: the code and the id of the request, never a word of the user's. */
function Quote({ message, problem }: { message: Message; problem: Problem }) {
  const copy = useCopy();
  const requestId = problem.requestId ?? message.requestId;
  const text = [problem.code, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
  return (
    <div className="trouble-quote small">
      <code className="grow">{text}</code>
      <Button small look="quiet" icon={ClipboardCopy} onClick={() => copy(text)}>
        Copy
      </Button>
    </div>
  );
}
