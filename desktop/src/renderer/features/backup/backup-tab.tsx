import { useState } from 'react';
import type { BackupState, BackupTarget } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Answer } from '../../ui/states.tsx';
import { sameTarget, targetKey } from '../../words/backups.ts';
import { Check } from './check.tsx';
import { History } from './history.tsx';
import { KeptNotice } from './kept-notice.tsx';
import { Overview } from './overview.tsx';
import { PhraseLife } from './phrase-life.tsx';
import { Places } from './places.tsx';
import { Schedule } from './schedule.tsx';
import { SetUp } from './set-up.tsx';
import './backup.css';

/** Settings, Backup: one state of the core, and one place looked at. */
export function BackupTab() {
  const { cache } = useApp();
  const entry = useQuery('backup.state', undefined);
  return (
    <Answer entry={entry} onRetry={() => cache.invalidate(['backup.state'])} lines={9}>
      {(state) => <BackupSettings state={state} />}
    </Answer>
  );
}

/** Every place that can be chosen: the cloud always, the folders the core knows, the ones named here. */
function placesOf(state: BackupState, named: readonly BackupTarget[]): BackupTarget[] {
  const all: BackupTarget[] = [
    { kind: 'cloud' },
    ...state.places.map(({ target }) => target),
    ...(state.automatic.target ? [state.automatic.target] : []),
    ...named,
  ];
  return all.filter((target, at) => all.findIndex((other) => sameTarget(other, target)) === at);
}

/** Where a user most likely wants to look first. */
function firstOf(state: BackupState, places: readonly BackupTarget[], signedIn: boolean): BackupTarget | null {
  const used = state.places.find(({ last }) => last !== null)?.target;
  return state.automatic.target ?? used ?? (signedIn ? { kind: 'cloud' } : (places.find(({ kind }) => kind === 'folder') ?? null));
}

function BackupSettings({ state }: { state: BackupState }) {
  const { data: status } = useQuery('status.get', undefined);
  const [named, setNamed] = useState<readonly BackupTarget[]>([]);
  const [chosen, choose] = useState<BackupTarget | null>(null);
  const places = placesOf(state, named);
  const target = chosen ?? firstOf(state, places, Boolean(status?.account));
  const name = (folder: BackupTarget) => {
    setNamed([...named, folder]);
    choose(folder);
  };
  return (
    <>
      {state.kept && <KeptNotice kept={state.kept} />}
      {!state.ready && <SetUp />}
      <Overview state={state} target={target} />
      <Places state={state} places={places} target={target} onChoose={choose} onName={name} />
      <Schedule state={state} places={places} target={target} />
      {target && <History key={targetKey(target)} state={state} target={target} />}
      {target && <Check key={`check ${targetKey(target)}`} state={state} target={target} />}
      <PhraseLife ready={state.ready} />
    </>
  );
}
