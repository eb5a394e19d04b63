import { z } from 'zod';
import { actions } from '@adiuva/shared/contracts/plan.ts';
import type { Agent } from './agents.ts';
import { mentions, seenEmails, seenTasks, zoneOf, type SeenRecord } from './context-view.ts';
import { iso, isoDay, spanOf } from './days.ts';
import { hasLabel } from '@adiuva/shared/language/mail-rules.ts';
import { occurrencesIn } from './occurrences.ts';
import { dueBy, isLate, isOpen, priorityOf } from './priorities.ts';
import { explain, noteTools, propose } from './record-tools.ts';
import { conflictsAmong } from './schedule.ts';
import { tool } from './tool.ts';

const searchDocuments = tool({
  name: 'search_documents',
  description: 'Documents and notes that the device found for this message, by words; without words all of them.',
  parameters: z.strictObject({ query: z.string().max(200).optional() }),
  run({ query }, { context }) {
    const documents = context.relevantDocuments.filter((document) => mentions(document, query));
    return { summary: `Looked through your documents: ${documents.length} found`, result: { documents } };
  },
});

const overviewDay = tool({
  name: 'overview_day',
  description: 'A day at a glance: events with repeating ones expanded, conflicts, tasks due and overdue, unread messages.',
  parameters: z.strictObject({ period: z.enum(['today', 'tomorrow']).default('today') }),
  async run({ period }, { context, now }) {
    const zone = zoneOf(context);
    const span = spanOf(period, now, zone);
    const { found, unread } = await occurrencesIn(context, span);
    const tasks = seenTasks(context).filter(isOpen);
    const due = tasks.filter((task) => dueBy(task, zone) >= span.start && dueBy(task, zone) < span.end);
    const named = (task: SeenRecord) => ({ id: task.id, title: task['title'], dueAt: task['dueAt'], priority: priorityOf(task) });
    const result = {
      day: isoDay(span.start, zone),
      events: found.map(({ id, title, start, end, allDay }) => ({ id, title, startAt: iso(start, zone), endAt: iso(end, zone), allDay })),
      conflicts: conflictsAmong(found)
        .filter(({ kind }) => kind === 'overlap')
        .map(({ a, b }) => [a.id, b.id]),
      due: due.map(named),
      overdue: tasks.filter((task) => isLate(task, now, zone)).map(named),
      unreadMail: seenEmails(context).filter((mail) => hasLabel(mail, 'unread')).length,
      ...(unread.length > 0 && { unread }),
    };
    return { summary: `Looked at ${period}`, result };
  },
});

const sendNotification = tool({
  name: 'send_notification',
  description: 'Proposes to show a notification on the device when the plan runs.',
  effect: 'adds',
  parameters: actions.send_notification.params.extend({ explain }),
  run: ({ title, body, explain: why }, turn) => propose(turn, 'send_notification', { title, body }, why || 'You asked to be told.'),
});

const indexDocument = tool({
  name: 'index_document',
  description: 'Proposes to make a text searchable on the device.',
  effect: 'adds',
  parameters: actions.index_document.params.extend({ explain }),
  run: ({ explain: why, ...params }, turn) => propose(turn, 'index_document', params, why || 'You asked to make this searchable.'),
});

export const general: Agent = {
  name: 'general',
  description: 'Everything else: notes, documents, questions, small talk, overviews of the day.',
  skills: ['write and change notes', 'answer from documents', 'give an overview'],
  thinking: 'Thinking about it',
  instructions: 'agent.general',
  tools: [searchDocuments, overviewDay, ...noteTools, sendNotification, indexDocument],
};
