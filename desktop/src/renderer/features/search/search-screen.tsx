import { CircleHelp, Search } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import type { SearchHit } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useLatest, useQuery, useSettled } from '../../data/hooks.ts';
import { IconButton } from '../../ui/button.tsx';
import { Empty, ErrorNote, Skeleton } from '../../ui/states.tsx';
import { counted } from '../../words/numbers.ts';
import { usePanels } from '../shell/panels.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { HitText } from './hit-text.tsx';
import { lookOfHit } from './targets.ts';
import { useOpenHit } from './use-open-hit.ts';
import './search.css';

/** Search over everything in the vault, as you type. */
export function SearchScreen() {
  const [typed, setTyped] = useState('');
  const query = useSettled(typed.trim(), 120);
  const { data: status } = useQuery('status.get', undefined);
  const pending = status?.index.pending ?? 0;
  const focusFirst = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    document.querySelector<HTMLElement>('.hit-open')?.focus();
  };
  return (
    <>
      <ScreenHead title="Search" note="Tasks, events, notes, conversations and documents on this device" />
      <div className="screen-body">
        <div className="reading">
          <div className="search-line">
            <Search size={17} aria-hidden />
            <input
              type="search"
              aria-label="Search everything"
              placeholder="Search everything"
              autoFocus
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={focusFirst}
            />
          </div>
          {pending > 0 && <p className="notice small">The index still reads {counted(pending, 'entry', 'entries')}. What was read before is found already.</p>}
          {query === '' ? <Nothing /> : <Results query={query} />}
        </div>
      </div>
    </>
  );
}

function Nothing() {
  return (
    <Empty icon={Search} title="Find anything you wrote">
      Type a word or two. Everything stays on this device while you search.
    </Empty>
  );
}

function Results({ query }: { query: string }) {
  const { cache } = useApp();
  const { data, error } = useQuery('search.query', { query, limit: 50 });
  const shown = useLatest(data);
  if (error && !shown) return <ErrorNote error={error} onRetry={() => cache.invalidate(['search.query'])} />;
  if (!shown) return <Skeleton lines={5} />;
  if (shown.hits.length === 0) {
    return (
      <Empty icon={Search} title="Nothing found">
        No entry has these words. Try fewer of them, or only the beginning of one.
      </Empty>
    );
  }
  return (
    <>
      <p className="small soft search-count" role="status">
        {counted(shown.hits.length, 'hit')} in {Math.max(1, Math.round(shown.tookMs))} ms
      </p>
      <ol className="hits" onKeyDown={moveBetweenHits}>
        {shown.hits.map((hit) => (
          <HitRow key={`${hit.collection}-${hit.id}`} hit={hit} query={query} />
        ))}
      </ol>
    </>
  );
}

function moveBetweenHits(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.hit-open')];
  const next = rows[rows.findIndex((row) => row === document.activeElement) + step];
  event.preventDefault();
  next?.focus();
}

function HitRow({ hit, query }: { hit: SearchHit; query: string }) {
  const open = useOpenHit();
  const { inspect } = usePanels();
  const { icon: Icon, kind } = lookOfHit(hit);
  return (
    <li className="hit">
      <button type="button" className="hit-open" onClick={() => open(hit)}>
        <Icon size={17} aria-hidden />
        <span className="grow">
          <span className="hit-title">
            <span className="strong cut">
              <HitText text={hit.title || 'Untitled'} query={query} />
            </span>
            <span className="badge">{kind}</span>
          </span>
          {hit.snippet !== '' && (
            <span className="hit-snippet small soft">
              <HitText text={hit.snippet} query={query} />
            </span>
          )}
        </span>
      </button>
      <IconButton
        tiny
        icon={CircleHelp}
        label={`Why ${hit.title || 'this'} was found`}
        onClick={() => inspect({ kind: 'why', title: hit.title, sources: hit.sources, score: hit.score, collection: hit.collection })}
      />
    </li>
  );
}
