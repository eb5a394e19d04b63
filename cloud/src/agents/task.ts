import { z } from 'zod';
import { bold, dayWords, list, plural, whenWords } from '@adiuva/shared/language/wording.ts';
import { wallTime } from '@adiuva/shared/language/zone.ts';
import type { Agent } from './agents.ts';
import { mentions, seenTasks, within, zoneOf, type SeenRecord } from './context-view.ts';
import { midnight, midnightAfter } from './occurrences.ts';
import { dueBy, inferPriority, isLate, isOpen, priorityOf, ranks, suggestionsFor } from './priorities.ts';
import { createTool, deleteTool, explain, noteTools, proposeChange, updateTool } from './record-tools.ts';
import { tool, type ToolTurn } from './tool.ts';

const listTasks = tool({
  name: 'list_tasks',
  description: "The user's tasks with their ids, by status, due time (from inclusive, before exclusive) and words.",
  parameters: z.strictObject({
    status: z.enum(['open', 'done']).optional(),
    dueFrom: z.string().optional(),
    dueBefore: z.string().optional(),
    query: z.string().max(200).optional(),
  }),
  run({ status, dueFrom, dueBefore, query }, { context }) {
    const zone = zoneOf(context);
    const fits = (task: SeenRecord) =>
      (status === undefined || (task['status'] ?? 'open') === status) && within(task['dueAt'], dueFrom, dueBefore, zone) && mentions(task, query);
    const tasks = seenTasks(context).filter(fits);
    return { summary: `Looked through your tasks: ${tasks.length} found`, result: { tasks } };
  },
});

const completeTask = tool({
  name: 'complete_task',
  description: 'Proposes to mark a task as done.',
  effect: 'changes',
  parameters: z.strictObject({ id: z.string().min(1).max(100), explain }),
  run: (args, turn) => proposeChange(turn, 'task', args.id, { status: 'done' }, args.explain),
});

const suggestTasks = tool({
  name: 'suggest_tasks',
  description: 'The open tasks to begin with, best first, each with the reasons: what is late, due soon, or matters by its priority and words.',
  parameters: z.strictObject({ limit: z.int().min(1).max(20).default(5) }),
  answers: (message) => (asksForFirst.test(message) ? {} : undefined),
  run({ limit }, { context, now }) {
    const zone = zoneOf(context);
    const all = suggestionsFor(seenTasks(context), now, zone);
    const first = all.slice(0, limit).map(({ task, reasons }) => ({ id: task.id, title: task['title'], dueAt: task['dueAt'] ?? null, reasons }));
    const lines = first.map(({ title, dueAt, reasons }) =>
      [bold(title), typeof dueAt === 'string' ? `due ${whenWords(dueAt, zone, wallTime(zone, now))}` : '', reasons.join(', ')].filter(Boolean).join(' · '),
    );
    const numbered = lines.map((line, index) => `${index + 1}. ${line}`).join('\n');
    const more = all.length > first.length ? `\n\n${plural(all.length - first.length, 'more open task')} after these.` : '';
    const words = first.length === 0 ? 'No open task is in what I can see here.' : `I would begin with these:\n\n${numbered}${more}`;
    return { summary: `Weighed ${plural(all.length, 'open task')}`, result: { suggestions: first, open: all.length, words } };
  },
});
const asksForFirst =
  /^(?:so |ok |please )?(?:what|which (?:tasks?|one|of my tasks))\b.{0,20}\b(?:should|shall|must|to do|to work on|to tackle|comes?|tasks?)\b.{0,30}\b(?:first|next(?! (?:week|month|year|\p{L}+day)))\b.{0,15}$|^(?:please |can you |could you )?(?:suggest|recommend)\b.{0,30}\b(?:tasks?|to-?dos?|to (?:do|work on|start with))\b|^(?:please |can you |could you )?(?:suggest|recommend|tell me|advise me(?: on)?)\s+what (?:i should|to) (?:do|work on|tackle|focus on|start with|begin with)\b.{0,20}$|^(?:so |ok |please )?what (?:should|shall|must) i (?:focus|concentrate) on\b.{0,20}$|^(?:what'?s|what is) (?:the |my )?most (?:important|urgent|pressing)(?: task| thing(?: to do)?)?(?: (?:today|now|right now|this week))?[?.!]*$/iu;

const summarizeDue = tool({
  name: 'summarize_due',
  description: 'Open tasks by when they are due on the days of the user: overdue, today, tomorrow, the seven days from today, later, without a date.',
  parameters: z.strictObject({}),
  answers: (message) => (/^(?:give me |show me )?(?:a |an |my )?(?:task|due|deadline)s? (?:summary|overview)[.?!]*$/i.test(message.trim()) ? {} : undefined),
  run(_args, turn) {
    const groups = dueGroups(turn);
    const counts = Object.fromEntries(groups.map(({ name, tasks }) => [name, tasks.length]));
    const zone = zoneOf(turn.context);
    const line = (task: SeenRecord) =>
      [bold(task['title']), typeof task['dueAt'] === 'string' ? whenWords(task['dueAt'], zone, wallTime(zone, turn.now)) : '', `${priorityOf(task)} priority`]
        .filter(Boolean)
        .join(' · ');
    const body = groups.filter(({ tasks }) => tasks.length > 0).map(({ title, tasks }) => `**${title}**\n\n${list(tasks.map(line), 10)}`);
    const words = body.length === 0 ? 'No open task is in what I can see here.' : body.join('\n\n');
    const named = groups.map(({ name, tasks }) => [name, tasks.slice(0, 20).map(({ id, title, dueAt }) => ({ id, title, dueAt }))]);
    return { summary: `Sorted your open tasks by when they are due`, result: { counts, tasks: Object.fromEntries(named), words } };
  },
});

function dueGroups({ context, now }: ToolTurn): { name: string; title: string; tasks: SeenRecord[] }[] {
  const zone = zoneOf(context);
  const open = seenTasks(context).filter(isOpen);
  const from = (days: number) => midnightAfter(now, days, zone);
  const between = (start: number, end: number) =>
    open
      .filter((task) => !isLate(task, now, zone) && dueBy(task, zone) >= start && dueBy(task, zone) < end)
      .toSorted((a, b) => dueBy(a, zone) - dueBy(b, zone));
  const today = Math.floor(wallTime(zone, now) / 86_400);
  return [
    { name: 'overdue', title: 'Overdue', tasks: open.filter((task) => isLate(task, now, zone)).toSorted((a, b) => dueBy(a, zone) - dueBy(b, zone)) },
    { name: 'today', title: `Today, ${dayWords(today, today)}`, tasks: between(midnight(now, zone), from(1)) },
    { name: 'tomorrow', title: 'Tomorrow', tasks: between(from(1), from(2)) },
    { name: 'soon', title: 'Within a week', tasks: between(from(2), from(7)) },
    { name: 'later', title: 'Later', tasks: between(from(7), Infinity) },
    { name: 'undated', title: 'Without a date', tasks: open.filter((task) => Number.isNaN(dueBy(task, zone))) },
  ];
}

/** A plan of this many changes can still be looked at. */
const mostChanges = 20;

const prioritizeTasks = tool({
  name: 'prioritize_tasks',
  description: 'Proposes a higher priority for open tasks whose due time or words call for one, each with its reason. Never lowers what the user chose.',
  effect: 'changes',
  parameters: z.strictObject({ ids: z.array(z.string().max(100)).max(200).optional() }),
  answers: (message) => (asksForPriorities.test(message.trim()) ? {} : undefined),
  run({ ids }, turn) {
    const zone = zoneOf(turn.context);
    const open = seenTasks(turn.context).filter((task) => isOpen(task) && (ids === undefined || ids.includes(task.id)));
    const raised = open
      .map((task) => ({ task, ...inferPriority(task, turn.now, zone) }))
      .filter(({ task, priority }) => ranks[priority] > ranks[priorityOf(task)])
      .slice(0, mostChanges);
    for (const { task, priority, reason } of raised) proposeChange(turn, 'task', task.id, { priority }, `Raised to ${priority} because ${reason}.`);
    const lines = raised.map(({ task, priority, reason }) => `${bold(task['title'])}: ${priorityOf(task)} → ${priority}, because ${reason}`);
    const words =
      raised.length === 0
        ? `The priorities of your ${plural(open.length, 'open task')} fit what their dates and words say; I propose no change.`
        : `I propose ${plural(raised.length, 'change')} of priority:\n\n${list(lines)}`;
    return { summary: `Proposed ${plural(raised.length, 'change')} of priority`, result: { proposed: raised.length, looked: open.length, words } };
  },
});
const asksForPriorities =
  /^(?:please |can you |could you )?(?:(?:re-?)?prioriti[sz]e|set (?:the )?priorities (?:of|for|on)|work out (?:the )?priorities (?:of|for)|rank)\s+(?:all )?(?:of )?(?:my |the )?(?:open |new )?(?:tasks?|to-?dos?|to-?do list|task list)\b(?:\s+(?:by|please|for me)\b.{0,40})?[.?!]*$/i;

export const task: Agent = {
  name: 'task',
  description: 'Tasks, reminders, to-do lists and projects: capture, change, complete, delete, list; what to do first; priorities.',
  skills: ['capture tasks and reminders', 'set priority, due time, tags and recurrence', 'find what is due', 'say what to begin with and why', 'tidy up'],
  thinking: 'Looking at your tasks',
  instructions: 'agent.task',
  tools: [
    listTasks,
    suggestTasks,
    summarizeDue,
    prioritizeTasks,
    createTool('task', 'Proposes a new task. Times are ISO 8601 with offset, in the time zone of the user.'),
    updateTool('task', 'Proposes to change named fields of a task.'),
    completeTask,
    deleteTool('task', 'Proposes to delete a task.'),
    createTool('project', 'Proposes a new project.'),
    updateTool('project', 'Proposes to change a project.'),
    deleteTool('project', 'Proposes to delete a project.'),
    ...noteTools,
  ],
};
