import { CircleCheck, CircleDashed, DatabaseBackup, Timer, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { BackupResult, BackupState, BackupTarget } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote, StoredProblem } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { decisions, sameTarget, warningOf, whereText } from '../../words/backups.ts';
import { absoluteText, type Here, relativeText } from '../../words/dates.ts';
import { bytesText } from '../../words/numbers.ts';
import { isCode } from '../../words/problems.ts';
import { Group } from '../settings/group.tsx';
import { useDone } from '../shell/acts.ts';
import { TaskProgress } from './task-progress.tsx';
import { useTask } from './use-task.ts';

const resultText = ({ kind, bytes }: BackupResult) =>
  kind === 'none' ? 'Nothing had changed: the newest backup stands for today.' : `Backed up: ${bytesText(bytes)} were new.`;

/** How things stand, what runs now, and the one button that matters. */
export function Overview({ state, target }: { state: BackupState; target: BackupTarget | null }) {
  const { bridge, cache } = useApp();
  const here = useHere();
  const done = useDone();
  const { busy, error, run } = useTask();
  const start = (place: BackupTarget) =>
    void run(async () => {
      const made = await bridge.call('backup.create', { target: place });
      cache.invalidate(['backup.state', 'backup.list', 'status.get']);
      done(resultText(made));
    });
  const decided = isCode(error, 'backup.forked', 'backup.rolled_back');
  const stored = target && state.places.find((place) => sameTarget(place.target, target))?.lastProblem;
  return (
    <Group title="Backup" lead="Everything in your vault, sealed on this device before it leaves. Nobody can read it without your twelve words.">
      <Facts state={state} here={here} />
      {state.running ? (
        <TaskProgress running={state.running} />
      ) : (
        <div className="row wrap">
          <Button icon={DatabaseBackup} look="primary" disabled={busy || !state.ready || target === null} onClick={() => target && start(target)}>
            {busy ? 'Starting…' : 'Back up now'}
          </Button>
          {target && (
            <span className="small soft">
              <Visible text={whereText(target)} />
            </span>
          )}
        </div>
      )}
      {stored && error === null && !state.running && !decisions.includes(stored.code) && <StoredProblem problem={stored} />}
      {error !== null && !decided && <ErrorNote error={error} {...(target && { onRetry: () => start(target) })} />}
    </Group>
  );
}

function Facts({ state, here }: { state: BackupState; here: Here }) {
  const warning = warningOf(state, here.now);
  return (
    <dl className="backup-facts">
      <Fact
        name="Last backup"
        icon={warning ? <TriangleAlert className="warn-icon" /> : state.lastBackup ? <CircleCheck className="good-icon" /> : <CircleDashed />}
      >
        {state.lastBackup ? <When at={state.lastBackup} here={here} /> : 'None yet: your data is on this device only.'}
        {warning && <div className="small warn-text">{warning.text}.</div>}
      </Fact>
      <Fact name="Last proven restore" icon={state.lastProvenRestore ? <CircleCheck className="good-icon" /> : <CircleDashed />}>
        {state.lastProvenRestore ? <When at={state.lastProvenRestore} here={here} /> : 'None yet.'}
      </Fact>
      <Fact name="Next by itself" icon={state.automatic.every === 'off' ? <CircleDashed /> : <Timer />}>
        <Next state={state} here={here} />
      </Fact>
    </dl>
  );
}

const When = ({ at, here }: { at: string; here: Here }) => (
  <time dateTime={at}>
    {absoluteText(at, here)}
    <span className="small soft">{relativeText(at, here)}</span>
  </time>
);

function Next({ state, here }: { state: BackupState; here: Here }) {
  const { nextAt } = state.automatic;
  if (state.automatic.every === 'off') return 'Off';
  return nextAt === null || Date.parse(nextAt) <= here.now ? 'When this device is idle' : <When at={nextAt} here={here} />;
}

const Fact = ({ name, icon, children }: { name: string; icon: ReactNode; children: ReactNode }) => (
  <div>
    <dt>
      <span aria-hidden>{icon}</span>
      {name}
    </dt>
    <dd>{children}</dd>
  </div>
);
