import { Inbox, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { QueueJob } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { Answer, Empty, StoredProblem } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { whenText } from '../../words/dates.ts';
import { wordsOfProblem } from '../../words/problems.ts';
import { counted } from '../../words/numbers.ts';
import { hashOf } from '../shell/route.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import './outbox.css';

const states: Readonly<Record<QueueJob['state'], { label: string; tone: string }>> = {
  waiting: { label: 'Waits for the cloud', tone: 'warn' },
  running: { label: 'Going out', tone: 'accent' },
  needs_you: { label: 'Needs you', tone: 'bad' },
};

/** What waits to go to the cloud: why, since when, and what can be done about it. */
export function OutboxScreen() {
  const { bridge, cache } = useApp();
  const act = useAct();
  const entry = useQuery('queue.list', undefined);
  const jobs = entry.data?.jobs ?? [];
  const drain = () => void act(async () => cache.write('queue.list', undefined, await bridge.call('queue.drain')));
  return (
    <>
      <ScreenHead title="Outbox" note={jobs.length > 0 ? `${counted(jobs.length, 'message')} on this device, not in the cloud yet` : ''}>
        {jobs.length > 0 && (
          <Button icon={RefreshCw} onClick={drain}>
            Send now
          </Button>
        )}
      </ScreenHead>
      <div className="screen-body">
        <div className="reading">
          <Answer entry={entry} onRetry={() => cache.invalidate(['queue.list'])}>
            {(list) => (list.jobs.length === 0 ? <NothingWaits /> : <Jobs jobs={list.jobs} />)}
          </Answer>
        </div>
      </div>
    </>
  );
}

function NothingWaits() {
  return (
    <Empty icon={Inbox} title="Nothing waits">
      What needs the cloud while it cannot be reached is kept here, on this device. Each message goes out once, when the cloud is back.
    </Empty>
  );
}

function Jobs({ jobs }: { jobs: readonly QueueJob[] }) {
  return (
    <ul className="jobs" aria-label="Waiting messages">
      {jobs.map((job) => (
        <JobRow key={job.id} job={job} />
      ))}
    </ul>
  );
}

function JobRow({ job }: { job: QueueJob }) {
  const here = useHere();
  const { label, tone } = states[job.state];
  return (
    <li className="card job">
      <div className="row between">
        <span className="strong grow">
          <Visible text={job.label} />
        </span>
        <span className={`badge ${tone}`}>{label}</span>
      </div>
      <p className="small soft">
        Written {whenText(job.createdAt, here)}
        {job.attempts > 0 && ` · ${counted(job.attempts, 'try', 'tries')}`}
        {job.nextTryAt !== null && ` · next try ${whenText(job.nextTryAt, here)}`}
      </p>
      {job.problem &&
        (job.state === 'needs_you' ? (
          <StoredProblem problem={job.problem} />
        ) : (
          <p className="small soft">{wordsOfProblem(job.problem).title}. It goes out by itself.</p>
        ))}
      <JobActs job={job} />
    </li>
  );
}

function JobActs({ job }: { job: QueueJob }) {
  const { bridge, cache } = useApp();
  const act = useAct();
  const [asking, setAsking] = useState(false);
  const fresh = () => cache.invalidate(['queue.list', 'status.get']);
  const retry = () => void act(() => bridge.call('queue.retry', { jobId: job.id })).then(fresh);
  const drop = () => void act(() => bridge.call('queue.drop', { jobId: job.id })).then(fresh);
  return (
    <div className="row wrap">
      <Button small icon={RefreshCw} disabled={job.state === 'running'} onClick={retry}>
        Try now
      </Button>
      {job.sessionId !== null && (
        <a className="button quiet small" href={hashOf('chat', job.sessionId)}>
          Open the conversation
        </a>
      )}
      <span className="grow" />
      <Button small look="danger" icon={Trash2} disabled={job.state === 'running'} onClick={() => setAsking(true)}>
        Drop
      </Button>
      <Confirm open={asking} onClose={() => setAsking(false)} title="Drop this message?" confirm="Drop" danger onConfirm={drop}>
        It will not be sent. The text stays in its conversation, where you can send it again.
      </Confirm>
    </div>
  );
}
