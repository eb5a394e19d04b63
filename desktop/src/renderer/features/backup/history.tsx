import { Archive, CloudOff, Ellipsis, History as HistoryIcon, ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { BackupState, BackupTarget, RestorePoint, VerifyResult } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Empty, ErrorNote, Skeleton } from '../../ui/states.tsx';
import { decisions, sameTarget } from '../../words/backups.ts';
import { absoluteText, type Here, relativeText } from '../../words/dates.ts';
import { bytesText, counted } from '../../words/numbers.ts';
import { isCode } from '../../words/problems.ts';
import { Group } from '../settings/group.tsx';
import { usePanels } from '../shell/panels.ts';
import { go } from '../shell/route.ts';
import { DeleteBackup } from './delete-backup.tsx';
import { TwoHeads } from './two-heads.tsx';
import { useTask } from './use-task.ts';
import { VerifyReport } from './verify-report.tsx';

const shownAtFirst = 10;

/** The restore points of one place, newest first. */
export function History({ state, target }: { state: BackupState; target: BackupTarget }) {
  const { cache } = useApp();
  const { data: status } = useQuery('status.get', undefined);
  const signedOut = target.kind === 'cloud' && status !== undefined && !status.account;
  const { data, error, loading } = useQuery('backup.list', signedOut ? null : { target });
  const problem = state.places.find((place) => sameTarget(place.target, target))?.lastProblem;
  if (signedOut) return <SignedOut />;
  const none = isCode(error, 'backup.missing') || data?.backups.length === 0;
  return (
    <Group title="Restore points" lead="Each one is complete: your vault as it was at that time.">
      {problem && decisions.includes(problem.code) && <TwoHeads code={problem.code} target={target} newest={data?.backups[0] ?? null} />}
      {none && !loading && (
        <Empty icon={Archive} title="No backup here yet">
          “Back up now” makes the first one; it takes the longest.
        </Empty>
      )}
      {error && !none && <ErrorNote error={error} onRetry={() => cache.invalidate(['backup.list'])} />}
      {!data && !error && <Skeleton lines={4} />}
      {data && data.backups.length > 0 && <Points points={data.backups} state={state} target={target} />}
    </Group>
  );
}

function SignedOut() {
  return (
    <Group title="Restore points">
      <Empty icon={CloudOff} title="Sign in to see what is in the cloud" action={<Button onClick={() => go('settings', 'account')}>Sign in</Button>}>
        Backups in a folder need no account.
      </Empty>
    </Group>
  );
}

function Points({ points, state, target }: { points: readonly RestorePoint[]; state: BackupState; target: BackupTarget }) {
  const here = useHere();
  const [shown, setShown] = useState(shownAtFirst);
  const [removing, setRemoving] = useState<RestorePoint | null>(null);
  const [report, setReport] = useState<VerifyResult | null>(null);
  const { bridge } = useApp();
  const { error, run } = useTask();
  const verify = async ({ id }: RestorePoint) => setReport((await run(() => bridge.call('backup.verify', { target, id, full: true }))) ?? null);
  return (
    <>
      <ul className="points" aria-label="Restore points">
        {points.slice(0, shown).map((point) => (
          <PointRow
            key={point.id}
            point={point}
            target={target}
            here={here}
            busy={state.running !== null}
            onVerify={() => void verify(point)}
            onDelete={() => setRemoving(point)}
          />
        ))}
      </ul>
      {points.length > shown && (
        <Button look="quiet" wide onClick={() => setShown(points.length)}>
          Show all {points.length}
        </Button>
      )}
      {error !== null && <ErrorNote error={error} />}
      {report && <VerifyReport report={report} />}
      {removing && <DeleteBackup point={removing} target={target} onClose={() => setRemoving(null)} />}
    </>
  );
}

interface PointRowProps {
  readonly point: RestorePoint;
  readonly target: BackupTarget;
  readonly here: Here;
  readonly busy: boolean;
  readonly onVerify: () => void;
  readonly onDelete: () => void;
}

/** `12.4 MB in 34 parts · generation 7`. */
export const pointFacts = ({ bytes, objects, generation }: RestorePoint): string =>
  `${bytesText(bytes)} in ${counted(objects, 'part')} · generation ${generation}`;

function PointRow({ point, target, here, busy, onVerify, onDelete }: PointRowProps) {
  const { cover } = usePanels();
  const when = absoluteText(point.createdAt, here);
  const more = <IconButton icon={Ellipsis} label={`More for ${when}`} disabled={busy} />;
  return (
    <li className="point">
      <HistoryIcon size={16} aria-hidden />
      <div className="grow">
        <div className="row wrap">
          <time dateTime={point.createdAt}>{when}</time>
          {point.newest && <span className="badge accent">newest</span>}
        </div>
        <div className="small soft figures">
          {relativeText(point.createdAt, here)} · {pointFacts(point)}
        </div>
      </div>
      <Button small disabled={busy} aria-label={`Restore ${when}`} onClick={() => cover({ kind: 'restore', target, point })}>
        Restore…
      </Button>
      <Menu
        trigger={more}
        rows={[
          { label: 'Check every part', icon: ShieldCheck, run: onVerify },
          { label: 'Delete…', icon: Trash2, danger: true, run: onDelete },
        ]}
      />
    </li>
  );
}
