import { BookOpen, ChevronLeft, ChevronRight, Lock, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { PlaybookShelf, PlaybookView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Answer, Empty } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { relativeText } from '../../words/dates.ts';
import { hashOf } from '../shell/route.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { PlaybookForm } from './playbook-form.tsx';
import { ResultCard } from './playbook-result.tsx';
import { ageText, categories, needsText } from './playbook-words.ts';
import './playbooks.css';

/** Recipes for what comes again and again: the list, or one of them with its form and its results. */
export function PlaybooksScreen({ playbookId }: { playbookId: string | null }) {
  const { cache } = useApp();
  const entry = useQuery('playbooks.list', undefined);
  const open = entry.data?.playbooks.find(({ id }) => id === playbookId);
  if (open) return <OnePlaybook key={open.id} playbook={open} />;
  return (
    <>
      <ScreenHead title="Playbooks" note={entry.data && freshText(entry.data)}>
        <Refresh />
      </ScreenHead>
      <div className="screen-body">
        <div className="reading">
          <Answer entry={entry} onRetry={() => cache.invalidate(['playbooks.list'])}>
            {({ playbooks }) => (playbooks.length === 0 ? <NoPlaybooks /> : <Shelf playbooks={playbooks} />)}
          </Answer>
        </div>
      </div>
    </>
  );
}

const freshText = ({ playbooks }: PlaybookShelf) => `${playbooks.filter(({ locked }) => locked === null).length} ready on this device`;

function Refresh() {
  const { bridge, cache } = useApp();
  const here = useHere();
  const act = useAct();
  const [busy, setBusy] = useState(false);
  const { data: account } = useQuery('account.state', undefined);
  const { data: shelf } = useQuery('playbooks.list', undefined);
  if (!account?.account) return null;
  const refresh = async () => {
    setBusy(true);
    await act(async () => cache.write('playbooks.list', undefined, await bridge.call('playbooks.refresh')));
    setBusy(false);
  };
  return (
    <>
      {shelf?.refreshedAt && <span className="small soft">Checked {relativeText(shelf.refreshedAt, here)}</span>}
      <Button look="quiet" icon={RefreshCw} disabled={busy} onClick={() => void refresh()}>
        Look for new ones
      </Button>
    </>
  );
}

const NoPlaybooks = () => (
  <Empty icon={BookOpen} title="No playbooks yet">
    Recipes for what comes again and again, such as planning the day or reviewing the week, are listed here.
  </Empty>
);

function Shelf({ playbooks }: { playbooks: readonly PlaybookView[] }) {
  return categories
    .map(([category, label]) => ({ label, rows: playbooks.filter((playbook) => playbook.category === category) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ label, rows }) => (
      <section key={label} className="playbook-group">
        <h2>{label}</h2>
        <ul className="card playbook-list">
          {rows.map((playbook) => (
            <li key={playbook.id}>
              <PlaybookRow playbook={playbook} />
            </li>
          ))}
        </ul>
      </section>
    ));
}

function PlaybookRow({ playbook }: { playbook: PlaybookView }) {
  const here = useHere();
  const { id, title, description, locked } = playbook;
  return (
    <a className="playbook-row" href={hashOf('playbooks', id)}>
      <span className="grow">
        <span className="strong">
          <Visible text={title} />
        </span>
        <span className="soft">
          <Visible text={description} />
        </span>
        <span className="small faint">
          {needsText(playbook)} · {ageText(playbook, here)}
        </span>
      </span>
      {locked !== null && (
        <span className="badge">
          <Lock size={12} aria-hidden />
          With {locked}
        </span>
      )}
      <ChevronRight size={16} aria-hidden />
    </a>
  );
}

function OnePlaybook({ playbook }: { playbook: PlaybookView }) {
  const here = useHere();
  return (
    <>
      <ScreenHead title={playbook.title}>
        <a className="button quiet" href={hashOf('playbooks')}>
          <ChevronLeft size={16} aria-hidden />
          All playbooks
        </a>
      </ScreenHead>
      <div className="screen-body">
        <div className="reading playbook-one">
          <div>
            <p>
              <Visible text={playbook.description} />
            </p>
            <p className="small soft">
              {needsText(playbook)} · {ageText(playbook, here)}
            </p>
          </div>
          {playbook.locked === null ? <Runs playbook={playbook} /> : <Locked tier={playbook.locked} />}
        </div>
      </div>
    </>
  );
}

/** Why it is not run, and what would change that. */
function Locked({ tier }: { tier: string }) {
  return (
    <div className="notice">
      <Lock size={17} aria-hidden />
      <div className="grow">
        <div className="strong">This playbook comes with the {tier} plan</div>
        <p>Everything you have stays as it is. The basic playbooks work on every plan, also without an account.</p>
        <div className="notice-actions">
          <a className="button plain small" href={hashOf('settings', 'account')}>
            See plans
          </a>
        </div>
      </div>
    </div>
  );
}

function Runs({ playbook: { id, inputs } }: { playbook: PlaybookView }) {
  const { bridge, cache } = useApp();
  const act = useAct();
  const [busy, setBusy] = useState(false);
  const [newest, setNewest] = useState<string | null>(null);
  const entry = useQuery('playbooks.results', { id, limit: 5 });
  const run = async (given: Record<string, unknown>) => {
    setBusy(true);
    const result = await act(() => bridge.call('playbooks.run', { id, inputs: given }));
    setBusy(false);
    if (!result) return;
    setNewest(result.runId);
    cache.invalidate(['playbooks.results']);
  };
  return (
    <>
      <PlaybookForm inputs={inputs} busy={busy} onRun={(given) => void run(given)} />
      <Answer entry={entry} lines={3} onRetry={() => cache.invalidate(['playbooks.results'])}>
        {({ results }) => results.map((result) => <ResultCard key={result.runId} result={result} fresh={result.runId === newest} />)}
      </Answer>
    </>
  );
}
