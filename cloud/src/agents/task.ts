import { z } from 'zod';
import type { Agent } from './agents.ts';
import { mentions, seenTasks, within } from './context-view.ts';
import { createTool, deleteTool, explain, noteTools, proposeChange, updateTool } from './record-tools.ts';
import { tool } from './tool.ts';

const listTasks = tool({
  name: 'list_tasks',
  description: "The user's tasks with their ids, by status, due time (from inclusive, before exclusive) and words.",
  kind: 'reads',
  parameters: z.strictObject({
    status: z.enum(['open', 'done']).optional(),
    dueFrom: z.string().optional(),
    dueBefore: z.string().optional(),
    query: z.string().max(200).optional(),
  }),
  run({ status, dueFrom, dueBefore, query }, { context }) {
    const fits = (task: { [field: string]: unknown }) =>
      (status === undefined || (task['status'] ?? 'open') === status) && within(task['dueAt'], dueFrom, dueBefore) && mentions(task, query);
    const tasks = seenTasks(context).filter(fits);
    return { summary: `Looked through your tasks: ${tasks.length} found`, result: { tasks } };
  },
});

const completeTask = tool({
  name: 'complete_task',
  description: 'Proposes to mark a task as done.',
  kind: 'proposes',
  parameters: z.strictObject({ id: z.string().min(1).max(100), explain }),
  run: (args, turn) => proposeChange(turn, 'task', args.id, { status: 'done' }, args.explain),
});

export const task: Agent = {
  name: 'task',
  description: 'Tasks, reminders, to-do lists and projects: capture, change, complete, delete, list.',
  skills: ['capture tasks and reminders', 'set priority, due time, tags and recurrence', 'find what is due', 'tidy up'],
  thinking: 'Looking at your tasks',
  instructions: 'agent.task',
  tools: [
    listTasks,
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
