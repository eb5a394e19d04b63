import { z } from 'zod';
import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import type { Agent } from './agents.ts';
import { seenEmails, seenEvents, seenTasks, timeOf, within } from './context-view.ts';
import { explain, noteTools, propose } from './record-tools.ts';
import { tool } from './tool.ts';

const getMetrics = tool({
  name: 'get_metrics',
  description: 'Figures the device counted over everything it holds; empty where it sent none.',
  kind: 'reads',
  parameters: z.strictObject({ names: z.array(z.string().max(100)).max(50).optional() }),
  run({ names }, { context }) {
    const all = Object.entries(context.metrics ?? {});
    const metrics = Object.fromEntries(names ? all.filter(([name]) => names.includes(name)) : all);
    return { summary: `Read ${Object.keys(metrics).length} figures`, result: { metrics } };
  },
});

const summarizePeriod = tool({
  name: 'summarize_period',
  description: 'Counts over the tasks, events and messages of this request in a span (from inclusive, before exclusive; open without them).',
  kind: 'reads',
  parameters: z.strictObject({ from: z.string().optional(), before: z.string().optional() }),
  run: ({ from, before }, { context, now }) => ({ summary: 'Counted tasks, events and mail', result: countIn(context, now, from, before) }),
});

/** Figures of a span. Tasks count by their due time, events by their start, messages by their arrival. */
function countIn(context: ChatContext, now: number, from: string | undefined, before: string | undefined) {
  const tasks = seenTasks(context).filter((task) => within(task['dueAt'], from, before));
  const open = tasks.filter((task) => task['status'] !== 'done');
  const events = seenEvents(context).filter((event) => within(event['startAt'], from, before));
  const hours = events.filter((event) => event['allDay'] !== true).map((event) => (timeOf(event['endAt']) - timeOf(event['startAt'])) / 3_600_000);
  return {
    tasks: { all: tasks.length, open: open.length, done: tasks.length - open.length, overdue: open.filter((task) => timeOf(task['dueAt']) < now).length },
    events: { all: events.length, hours: hours.filter((h) => h > 0).reduce((sum, h) => sum + h, 0) },
    emails: { all: seenEmails(context).filter((email) => within(email['receivedAt'], from, before)).length },
  };
}

const saveReport = tool({
  name: 'save_report',
  description: 'Proposes to keep a report as a note.',
  kind: 'proposes',
  parameters: z.strictObject({ title: z.string().trim().min(1).max(1_000), body: z.string().max(100_000), explain }),
  run: ({ title, body, explain: why }, turn) =>
    propose(turn, 'create_record', { type: 'note', fields: { title, body, tags: ['report'] } }, why || 'You asked to keep this report.'),
});

export const analytics: Agent = {
  name: 'analytics',
  description: 'Figures about tasks, time and mail: how many, how long, how it develops; reports.',
  skills: ['count and compare', 'find what is overdue', 'write reports'],
  thinking: 'Counting',
  instructions: 'agent.analytics',
  tools: [getMetrics, summarizePeriod, saveReport, ...noteTools],
};
