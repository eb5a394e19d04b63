import type { EventName } from '../../bridge/events.ts';
import type { QueryName } from './cache.ts';

/** Which questions an event makes old. What an event carries whole is put in place instead, see `listen`. */
export const staleAfter: Readonly<Record<EventName, readonly QueryName[]>> = {
  'vault.changed': ['status.get'],
  'account.changed': ['status.get'],
  'status.changed': [],
  'settings.changed': ['today.get', 'status.get'],
  'chat.message': ['chat.sessions', 'status.get'],
  'chat.deleted': ['chat.sessions', 'search.query', 'status.get'],
  'chat.token': [],
  'chat.activity': [],
  'plan.changed': ['plans.list', 'today.get'],
  'run.changed': ['plans.run', 'plans.runs', 'activity.list', 'today.get'],
  'records.changed': ['status.get', 'records.list', 'records.get', 'today.get', 'search.query', 'activity.list', 'plans.undoPreview'],
  'playbook.result': ['playbooks.results', 'playbooks.result'],
  'playbooks.changed': ['playbooks.list'],
  'queue.changed': ['status.get'],
  'backup.changed': ['status.get', 'backup.list'],
  'backup.progress': [],
  notification: [],
};
