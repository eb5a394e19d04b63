import { ArrowUpFromLine, CircleUser, DatabaseBackup, Lock, Search, ShieldCheck } from 'lucide-react';
import type { ReactElement } from 'react';
import type { Status } from '../../../bridge/shapes.ts';
import { useQuery } from '../../data/hooks.ts';
import { Popover } from '../../ui/menu.tsx';
import { counted } from '../../words/numbers.ts';
import { useLock } from '../shell/acts.ts';
import { go } from '../shell/route.ts';
import { BackupItem, useBackupText } from './backup-item.tsx';
import './status.css';

/** How the last real requests to the cloud went, in words. */
const reach = {
  online: { dot: 'good', label: 'Online', brief: 'Online', says: 'The last request to the cloud got an answer.' },
  offline: {
    dot: 'warn',
    label: 'Offline',
    brief: 'Offline',
    says: 'The cloud could not be reached. Everything on this device works; what needs the cloud waits in the outbox and goes out once it is back.',
  },
  unknown: {
    dot: 'hollow',
    label: 'Not asked yet',
    brief: 'Not asked',
    says: 'Nothing was sent to the cloud since the start. The state is learned from real requests; none is made just to find out.',
  },
} as const;

export function ConnectivityBadge({ brief = false }: { brief?: boolean }) {
  const { data } = useQuery('status.get', undefined);
  const state = reach[data?.connectivity ?? 'unknown'];
  return (
    <Popover
      title={state.label}
      trigger={
        <button type="button" className="status-item">
          <span className={`dot ${state.dot}`} aria-hidden />
          <span className="unseen">Cloud: </span>
          {brief ? state.brief : state.label}
        </button>
      }
    >
      <p>{state.says}</p>
    </Popover>
  );
}

const queueText = ({ queue }: Status) => {
  if (queue.needsYou > 0) return `${queue.needsYou} need${queue.needsYou === 1 ? 's' : ''} you`;
  const open = queue.waiting + queue.running;
  return open === 0 ? 'Outbox empty' : `${open} in the outbox`;
};

const indexText = ({ index }: Status) =>
  index.pending > 0 ? `Search: ${counted(index.pending, 'document')} to go` : `Search ready · ${counted(index.entries, 'entry', 'entries')}`;
const accountText = ({ account, tier }: Status) => (account ? `${account.email} · ${tier ?? account.tier}` : 'No account');

/** The line at the bottom: what is true right now, each part opening its detail. */
export function StatusBar() {
  const { data: status } = useQuery('status.get', undefined);
  return (
    <footer className="status-bar" aria-label="Status">
      <ConnectivityBadge />
      {status && (
        <>
          <StatusButton icon={<CircleUser size={14} aria-hidden />} text={accountText(status)} onClick={() => go('settings', 'account')} />
          <StatusButton icon={<ArrowUpFromLine size={14} aria-hidden />} text={queueText(status)} onClick={() => go('outbox')} />
          <IndexItem status={status} />
          <BackupItem status={status} />
        </>
      )}
      <span className="grow" />
      <LockButton />
    </footer>
  );
}

function StatusButton({ icon, text, onClick }: { icon: ReactElement; text: string; onClick: () => void }) {
  return (
    <button type="button" className="status-item" onClick={onClick}>
      {icon}
      <span className="cut">{text}</span>
    </button>
  );
}

function IndexItem({ status }: { status: Status }) {
  const trigger = (
    <button type="button" className="status-item">
      <Search size={14} aria-hidden />
      {indexText(status)}
    </button>
  );
  return (
    <Popover title="Search" trigger={trigger}>
      <p>
        {counted(status.index.entries, 'entry', 'entries')} can be found: tasks, events, notes, projects, messages and documents, each as soon as it is written.
      </p>
      {status.index.pending > 0 && <p>{counted(status.index.pending, 'document')} still to be read.</p>}
      <p>The index lies in the encrypted store on this device.</p>
    </Popover>
  );
}

function LockButton() {
  return <StatusButton icon={<Lock size={14} aria-hidden />} text="Lock" onClick={useLock()} />;
}

/** The same facts as a list, for narrow windows. */
export function StatusFacts({ status }: { status: Status }) {
  const backup = useBackupText(status);
  const facts = [
    { icon: CircleUser, text: accountText(status) },
    { icon: ArrowUpFromLine, text: queueText(status) },
    { icon: Search, text: indexText(status) },
    { icon: DatabaseBackup, text: backup },
    { icon: ShieldCheck, text: status.engine ? `Encrypted on this device · ${status.engine}` : 'Encrypted on this device' },
  ];
  return (
    <ul className="status-facts small soft">
      {facts.map(({ icon: Icon, text }) => (
        <li key={text} className="row">
          <Icon size={14} aria-hidden />
          {text}
        </li>
      ))}
    </ul>
  );
}
