import { TriangleAlert } from 'lucide-react';
import type { RestorePreview } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { kindText, typeText } from '../../words/backups.ts';
import { whenText } from '../../words/dates.ts';
import { bytesText, counted } from '../../words/numbers.ts';
import { FrontPage } from '../unlock/front-page.tsx';

interface PreviewProps {
  readonly preview: RestorePreview;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onRestore: () => void;
  readonly onBack: () => void;
}

/** What a restore would change, before it does. The button that changes nothing comes first and has the focus. */
export function Preview({ preview, busy, error, onRestore, onBack }: PreviewProps) {
  return (
    <FrontPage wide title="Restore this backup?" step="Step 2 of 2" lead="Every part was read and is right. Nothing was changed yet.">
      <Identity preview={preview} />
      {!preview.newestKnown && <OlderThanKnown />}
      <div className="preview-lists">
        <Changes title="What comes back" none="Nothing that is not here already." changes={preview.won} tone="good" />
        <Changes title="What goes" none="Nothing: all you have here is in the backup." changes={preview.lost} tone="warn" />
      </div>
      <Counts preview={preview} />
      <p className="small soft">The data you have now is kept on this device for 30 days, and one click brings it back.</p>
      {error !== null && <ErrorNote error={error} />}
      <div className="preview-actions">
        <Button autoFocus disabled={busy} onClick={onBack}>
          Keep what I have
        </Button>
        <Button look="danger" disabled={busy} onClick={onRestore}>
          {busy ? 'Restoring…' : 'Restore'}
        </Button>
      </div>
    </FrontPage>
  );
}

function Identity({ preview: { point, deviceName, fingerprint } }: { preview: RestorePreview }) {
  const here = useHere();
  return (
    <dl className="identity">
      <div>
        <dt>Made</dt>
        <dd>{whenText(point.createdAt, here)}</dd>
      </div>
      <div>
        <dt>On</dt>
        <dd>{deviceName === null ? 'an unnamed device' : <Visible text={deviceName} />}</dd>
      </div>
      <div>
        <dt>Generation</dt>
        <dd className="figures">
          {point.generation}, {bytesText(point.bytes)}
        </dd>
      </div>
      <div>
        <dt>Fingerprint</dt>
        <dd className="mono">{fingerprint}</dd>
      </div>
    </dl>
  );
}

function OlderThanKnown() {
  return (
    <div className="notice warn">
      <TriangleAlert size={17} aria-hidden />
      <div>
        <div className="strong">This is older than a backup this device has seen</div>
        What was written after it is not in it. Go on if that is what you want.
      </div>
    </div>
  );
}

interface ChangesProps {
  readonly title: string;
  readonly none: string;
  readonly changes: RestorePreview['won'];
  readonly tone: 'good' | 'warn';
}

function Changes({ title, none, changes: { total, first }, tone }: ChangesProps) {
  return (
    <section className="preview-list" aria-label={title}>
      <h2 className="row">
        {title}
        <span className={total > 0 ? `badge ${tone}` : 'badge'}>{total}</span>
      </h2>
      {total === 0 ? (
        <p className="small soft">{none}</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ul tabIndex={0} aria-label={`${title}: ${counted(total, 'entry', 'entries')}`}>
          {first.map(({ type, id, title: name }) => (
            <li key={`${type} ${id}`}>
              <span className="small soft">{typeText(type)}</span>
              <Visible className="cut" text={name === '' ? 'Without a title' : name} />
            </li>
          ))}
          {total > first.length && <li className="small soft">and {counted(total - first.length, 'more', 'more')}</li>}
        </ul>
      )}
    </section>
  );
}

const changed = (here: number, there: number) => (there > here ? `+${there - here}` : `−${here - there}`);

/** Every kind with its number here and in the backup. */
function Counts({ preview }: { preview: RestorePreview }) {
  const rows = preview.counts.filter(({ here, there }) => here + there > 0);
  if (rows.length === 0) return null;
  return (
    <section className="preview-list" aria-label="Counts">
      <h2>Here, and in the backup</h2>
      <dl className="counts">
        {rows.map(({ table, here, there }) => (
          <div key={table}>
            <dt>{kindText(table)}</dt>
            <dd className="figures">
              {here === there ? (
                <>
                  {here.toLocaleString('en')} <span className="soft">the same</span>
                </>
              ) : (
                <>
                  {here.toLocaleString('en')} → {there.toLocaleString('en')} <span className="soft">{changed(here, there)}</span>
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
