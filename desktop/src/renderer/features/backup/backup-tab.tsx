import type { BackupState, BackupTarget } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Answer } from '../../ui/states.tsx';
import { decisions, sameTarget, targetKey } from '../../words/backups.ts';
import { usePanels } from '../shell/panels.ts';
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

/** Every place that can be chosen: the cloud always, the folders the core knows, and the one that was named here. */
function placesOf({ places, automatic }: BackupState, chosen: BackupTarget | null): BackupTarget[] {
  const all: (BackupTarget | null)[] = [{ kind: 'cloud' }, ...places.map(({ target }) => target), automatic.target, chosen];
  return all.filter((target) => target !== null).filter((target, at, kept) => kept.findIndex((other) => sameTarget(other, target)) === at);
}

/** Where a user most likely wants to look first: what waits for a decision, what is used, what could be. */
function firstOf({ places, automatic }: BackupState, signedIn: boolean): BackupTarget | null {
  const waits = places.find(({ lastProblem }) => lastProblem && decisions.includes(lastProblem.code));
  const used = places.find(({ last }) => last !== null) ?? places[0];
  return waits?.target ?? automatic.target ?? used?.target ?? (signedIn ? { kind: 'cloud' } : null);
}

function BackupSettings({ state }: { state: BackupState }) {
  const { data: status } = useQuery('status.get', undefined);
  const { place: chosen, choosePlace } = usePanels();
  const places = placesOf(state, chosen);
  const target = chosen ?? firstOf(state, Boolean(status?.account));
  return (
    <>
      {state.kept && <KeptNotice kept={state.kept} />}
      {!state.ready && <SetUp />}
      <Overview state={state} target={target} />
      <Places state={state} places={places} target={target} onChoose={choosePlace} />
      <Schedule state={state} places={places} target={target} />
      {target && <History key={targetKey(target)} state={state} target={target} />}
      {target && <Check key={`check ${targetKey(target)}`} state={state} target={target} />}
      <PhraseLife ready={state.ready} />
    </>
  );
}
