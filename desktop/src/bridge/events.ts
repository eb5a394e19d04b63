import { z } from 'zod';
import {
  accountState,
  activityLine,
  backupProgress,
  backupState,
  connectivity,
  id,
  message,
  planView,
  playbookResult,
  playbookShelf,
  queueCounts,
  queueJob,
  runView,
  settings,
  vaultState,
} from './shapes.ts';

/** What the core announces to every open screen. Events tell, they never command; a screen that missed some asks again by queries. */
export const events = {
  'vault.changed': vaultState,
  'account.changed': accountState,
  'status.changed': z.object({ connectivity, queue: queueCounts }),
  'settings.changed': settings,
  'chat.message': message,
  'chat.deleted': z.object({ sessionId: id, messageId: id.nullable() }),
  /** Text to append to an answer that streams. `seq` is the frame it came with; a repeat is to be ignored. */
  'chat.token': z.object({ messageId: id, sessionId: id, seq: z.int(), text: z.string() }),
  'chat.activity': activityLine.extend({ messageId: id, sessionId: id }),
  'plan.changed': planView,
  'run.changed': runView,
  /** Records that changed; ids only, the screen reads what it shows. */
  'records.changed': z.object({ ids: z.array(id), types: z.array(z.string()) }),
  /** A run of a playbook: when it was asked for, and again when its part of the cloud has come. */
  'playbook.result': playbookResult,
  'playbooks.changed': playbookShelf,
  'queue.changed': z.object({ jobs: z.array(queueJob) }),
  'backup.changed': backupState,
  /** At most ten a second; null when the task has ended. */
  'backup.progress': backupProgress.nullable(),
  notification: z.object({ title: z.string(), body: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type EventName = keyof typeof events;
export type EventData<N extends EventName> = z.output<(typeof events)[N]>;

/** One event on its way to a screen; `id` counts from 1 in each core process. */
export type BridgeEvent = { [N in EventName]: { readonly id: number; readonly type: N; readonly data: EventData<N> } }[EventName];

/** Sends one event; made by the core, used by its rooms. */
export type Announce = <N extends EventName>(type: N, data: EventData<N>) => void;
