import { Cloud, FolderLock } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { tiers } from '@adiuva/shared/contracts/billing.ts';
import type { BackupState, BackupTarget } from '../../../bridge/shapes.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Meter } from '../../ui/progress.tsx';
import { Visible } from '../../ui/visible.tsx';
import { decisions, isWholePath, sameTarget, targetKey } from '../../words/backups.ts';
import { type Here, whenText } from '../../words/dates.ts';
import { bytesText } from '../../words/numbers.ts';
import { wordsOfProblem } from '../../words/problems.ts';
import { Group } from '../settings/group.tsx';
import { go } from '../shell/route.ts';

type Place = BackupState['places'][number];

interface PlacesProps {
  readonly state: BackupState;
  readonly places: readonly BackupTarget[];
  readonly target: BackupTarget | null;
  readonly onChoose: (target: BackupTarget) => void;
}

/** Where backups can go. The chosen place is the one that the rest of the page speaks of. */
export function Places({ state, places, target, onChoose }: PlacesProps) {
  const here = useHere();
  return (
    <Group title="Where" lead="The cloud, a folder on another disk, or both: each place holds complete backups of its own.">
      <div className="places" role="radiogroup" aria-label="Place of backups">
        {places.map((place) => (
          <PlaceRow
            key={targetKey(place)}
            target={place}
            known={state.places.find((known) => sameTarget(known.target, place))}
            chosen={target !== null && sameTarget(place, target)}
            onChoose={() => onChoose(place)}
            here={here}
          />
        ))}
      </div>
      <NameFolder onName={onChoose} />
    </Group>
  );
}

interface PlaceRowProps {
  readonly target: BackupTarget;
  readonly known: Place | undefined;
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly here: Here;
}

function PlaceRow({ target, known, chosen, onChoose, here }: PlaceRowProps) {
  const Icon = target.kind === 'cloud' ? Cloud : FolderLock;
  return (
    <div className="place" data-chosen={chosen}>
      <label className="place-head">
        <input type="radio" name="backup-place" checked={chosen} onChange={onChoose} />
        <Icon size={18} aria-hidden />
        <span className="grow">
          <span className="strong">{target.kind === 'cloud' ? 'Cloud' : <Visible text={target.path} />}</span>
          <span className="small soft">{lastText(known, here)}</span>
        </span>
        <PlaceBadge known={known} />
      </label>
      {target.kind === 'cloud' && <CloudRoom known={known} />}
    </div>
  );
}

function lastText(known: Place | undefined, here: Here): ReactNode {
  if (!known?.last) return 'No backup by this device yet';
  const verified = known.lastVerified ? ` · checked ${whenText(known.lastVerified, here)}` : '';
  return `${whenText(known.last.createdAt, here)} · ${bytesText(known.last.bytes)}${verified}`;
}

function PlaceBadge({ known }: { known: Place | undefined }) {
  if (!known?.lastProblem) return null;
  return decisions.includes(known.lastProblem.code) ? (
    <span className="badge warn">waits for you</span>
  ) : (
    <span className="badge bad" title={wordsOfProblem(known.lastProblem).title}>
      failed
    </span>
  );
}

/** Who may use the cloud, and how much of it is used. */
function CloudRoom({ known }: { known: Place | undefined }) {
  const { data: status } = useQuery('status.get', undefined);
  if (!status) return null;
  if (!status.account || !status.tier) return <CloudHint text="Needs an account." label="Sign in" />;
  const used = known?.usedBytes ?? null;
  // What the cloud said last; before it was ever asked, what the plan says.
  const quota = used === null ? tiers[status.tier].backupBytes : (known?.quotaBytes ?? null);
  if (quota === 0)
    return <CloudHint text="Your plan has no cloud backup; what is there can still be restored. Backups to a folder are free." label="See plans" />;
  if (used === null)
    return (
      <div className="place-more">
        {quota === null ? 'Unlimited' : bytesText(quota)} in your {status.tier} plan
      </div>
    );
  if (quota === null) return <div className="place-more">{bytesText(used)} used</div>;
  return (
    <div className="place-more">
      <Meter label="Cloud storage used" share={used / quota} />
      <span className="figures">
        {bytesText(used)} of {bytesText(quota)} used · {status.tier} plan
      </span>
    </div>
  );
}

const CloudHint = ({ text, label }: { text: string; label: string }) => (
  <div className="place-more">
    <span>{text}</span>
    <Button small onClick={() => go('settings', 'account')}>
      {label}
    </Button>
  </div>
);

/** A window in a browser cannot pick a folder: its path is typed. */
function NameFolder({ onName }: { onName: (target: BackupTarget) => void }) {
  const [path, setPath] = useState('');
  const [error, setError] = useState<string | null>(null);
  const add = (event: FormEvent) => {
    event.preventDefault();
    const target: BackupTarget = { kind: 'folder', path: path.trim() };
    if (!isWholePath(target.path)) return setError('Give the whole path, from its beginning, as /media/disk/adiuva.');
    setPath('');
    setError(null);
    onName(target);
  };
  return (
    <form className="name-folder" onSubmit={add}>
      <TextField
        label="Another folder"
        placeholder="/media/disk/adiuva"
        maxLength={4_096}
        value={path}
        onChange={(event) => setPath(event.target.value)}
        hint="On an external disk, or in a folder that you keep in step with other devices. It is made when it is not there."
        error={error}
      />
      <Button type="submit" disabled={path.trim() === ''}>
        Use this folder
      </Button>
    </form>
  );
}
