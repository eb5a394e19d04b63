import type { DoctorReport } from '../bridge/shapes.ts';
import type { Backups } from './backup/backup.ts';
import type { Store } from './store/store.ts';

/** Every self-check of this installation, with the engine and the digest that equal stores share. */
export async function doctor(store: Store, backups: Pick<Backups, 'check'>): Promise<DoctorReport> {
  const checks = [...(await store.selfCheck()), await backups.check()];
  return { ok: checks.every(({ ok }) => ok), engine: `${store.engine.name} ${store.engine.version}`, digest: await store.digest(), checks };
}
