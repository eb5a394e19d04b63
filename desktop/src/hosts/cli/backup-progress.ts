import type { BackupProgress } from '../../bridge/shapes.ts';
import { plain, type Call, type Session } from './verb.ts';

const units = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
] as const;

/** Bytes in decimal units, as the tiers are written. */
export function bytesText(bytes: number): string {
  const unit = units.find(([size]) => bytes >= size);
  return unit ? `${Number((bytes / unit[0]).toFixed(1))} ${unit[1]}` : `${bytes} bytes`;
}

const percentOf = ({ bytes, objects }: BackupProgress): number | null => {
  const { done, total } = bytes.total > 0 ? bytes : objects;
  return total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : null;
};

/** `backup uploading  42 %  12.3 MB of 29 MB  4 of 11 parts  5.1 MB/s  4 s left`; what is not known yet is left out. */
export function progressLine(progress: BackupProgress): string {
  const { task, phase, bytes, objects, bytesPerSecond, secondsLeft } = progress;
  const percent = percentOf(progress);
  return [
    `${task} ${phase}`,
    percent === null ? '' : `${percent} %`,
    bytes.done + bytes.total > 0 ? `${bytesText(bytes.done)} of ${bytesText(bytes.total)}` : '',
    objects.total > 0 ? `${objects.done} of ${objects.total} parts` : '',
    bytesPerSecond > 0 ? `${bytesText(Math.round(bytesPerSecond))}/s` : '',
    secondsLeft === null ? '' : `${Math.ceil(secondsLeft)} s left`,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** Start of the line, and away with what stood there. */
const again = '\r\u001b[K';

/** Shows on stderr how far the task is while `work` goes on: one line that is written over on a terminal, a line for each percent with `--progress`. */
export async function withProgress<T>(call: Call, session: Session, work: () => Promise<T>): Promise<T> {
  const lines = call.options['progress'] === true;
  if (!lines && !call.watched) return work();
  let shown = '';
  const show = (progress: BackupProgress | null) => {
    if (!progress) return;
    const step = `${progress.phase} ${percentOf(progress)}`;
    if (lines && step === shown) return;
    shown = step;
    const line = plain(progressLine(progress));
    call.note(lines ? `${line}\n` : again + line);
  };
  const stop = session.on('backup.progress', show);
  return work().finally(() => {
    stop();
    if (!lines && shown !== '') call.note(again);
  });
}
