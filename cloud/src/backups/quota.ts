import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { BackupAccountRow, Room } from '../adapters/db/database.ts';

/** Bytes that may be kept; null is unlimited. */
export type Quota = number | null;

/** What is deleted or condemned is kept for a while and not counted; so many quotas are the end of that. */
const heldQuotas = 3;

/** What {@link refuseOverQuota} lets through. */
export const roomOf = (quota: Quota): Room => ({ usedBytes: quota, heldBytes: quota === null ? null : quota * heldQuotas });

/**
 * To be asked after a change, inside its transaction: what is thrown takes the change back.
 * @throws AdiuvaError `backup.quota`
 */
export function refuseOverQuota({ usedBytes, heldBytes }: Pick<BackupAccountRow, 'usedBytes' | 'heldBytes'>, quota: Quota): void {
  const room = roomOf(quota);
  if (quota === null || room.heldBytes === null) return;
  if (quota === 0) throw new AdiuvaError('backup.quota', { detail: 'this plan has no cloud storage; backups to a folder are free on every plan' });
  if (usedBytes > quota) throw new AdiuvaError('backup.quota', { detail: `${usedBytes} bytes would be used of ${quota}` });
  if (heldBytes > room.heldBytes)
    throw new AdiuvaError('backup.quota', {
      detail: 'deleted backups still take space; it is free again one day after a part is unused, 30 days after a deletion',
    });
}
