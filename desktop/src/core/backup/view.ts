import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { BackupState, BackupTarget } from '../../bridge/shapes.ts';
import type { Known } from './ledger.ts';
import type { Own } from './own.ts';
import { dueAt, isPaused, periods } from './schedule.ts';

/** What is known of places and backups, as others see it. */

/** Automatic backups may be a period late, and a restore is proven once a week. */
export function recent(own: Own | null, known: Known | null, now: number): { ok: boolean; detail: string } {
  if (!own?.target || own.every === 'off') return { ok: true, detail: 'no automatic backups are set up' };
  // One that was restored here counts until the next is made.
  const ranAt = known?.ranAt ?? known?.last?.createdAt;
  if (!known || !ranAt) return { ok: false, detail: 'none was made yet' };
  const late = now - Date.parse(ranAt) > 2 * periods[own.every];
  const proven = known.proven === null ? 'no restore was proven yet' : `a restore was proven on ${known.proven.slice(0, 10)}`;
  return {
    ok: !late && !isPaused(known),
    detail: `made on ${ranAt.slice(0, 10)}; ${proven}${known.problem ? `; since then: ${known.problem.title}` : ''}`,
  };
}

export const timesOf = (known: readonly Known[]) => ({
  lastBackup: latest(known.map(({ last }) => last?.createdAt)),
  lastProvenRestore: latest(known.map(({ proven }) => proven)),
});

const latest = (times: readonly (string | null | undefined)[]): string | null =>
  times
    .filter((time) => typeof time === 'string')
    .toSorted()
    .at(-1) ?? null;

export function nextAt({ every, target }: Own, known: Known | null, now: number): string | null {
  if (every === 'off' || !target || (known && isPaused(known))) return null;
  return new Date(dueAt(every, known?.ranAt ?? null, now)).toISOString();
}

export const sameTarget = (a: BackupTarget, b: BackupTarget): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Places with what is wrong with them now. Nobody is signed in where backups go to the cloud by themselves: that stands there before one is missed. */
export function placesOf(known: readonly Known[], own: Own | null, signedIn: boolean): BackupState['places'] {
  const places = known.map(placeOf);
  if (signedIn || own?.target?.kind !== 'cloud' || own.every === 'off') return places;
  const lastProblem = toProblem(new AdiuvaError('auth.required'));
  const inCloud = places.some(({ target }) => target.kind === 'cloud');
  if (!inCloud) return [...places, { target: own.target, last: null, lastVerified: null, lastProblem, usedBytes: null, quotaBytes: null }];
  return places.map((place) => (place.target.kind === 'cloud' ? { ...place, lastProblem } : place));
}

function placeOf({ target, last, lastVerified, problem, usedBytes, quotaBytes }: Known): BackupState['places'][number] {
  const point = last && { id: last.manifest, generation: last.generation, createdAt: last.createdAt, bytes: last.bytes, objects: last.objects, newest: true };
  return { target, last: point, lastVerified, lastProblem: problem, usedBytes, quotaBytes };
}
