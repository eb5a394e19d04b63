import { z } from 'zod';
import { recordLimits } from '@adiuva/shared/contracts/records.ts';
import type { Agent } from './agents.ts';
import { mentions, seenEmails, within } from './context-view.ts';
import { createTool, explain, noteTools, propose, proposeChange } from './record-tools.ts';
import { tool } from './tool.ts';

const listEmail = tool({
  name: 'list_email',
  description: 'Messages as sender, subject, time and labels (never bodies), by time received (from inclusive, before exclusive), label and words.',
  kind: 'reads',
  parameters: z.strictObject({
    from: z.string().optional(),
    before: z.string().optional(),
    label: z.string().max(100).optional(),
    query: z.string().max(200).optional(),
  }),
  run({ from, before, label, query }, { context }) {
    const bears = (labels: unknown) => label === undefined || (Array.isArray(labels) && labels.includes(label));
    const emails = seenEmails(context).filter((email) => within(email['receivedAt'], from, before) && bears(email['labels']) && mentions(email, query));
    return { summary: `Looked through your mail: ${emails.length} found`, result: { emails } };
  },
});

const labels = z.array(z.string().min(1).max(recordLimits.tag)).max(recordLimits.tags);

/** Two names for one change: models say `classify`, the builtin assistant names record and verb. */
const labelling = (name: string) =>
  tool({
    name,
    description: 'Proposes the labels of a message; they replace the ones it has.',
    kind: 'proposes',
    parameters: z.strictObject({ id: z.string().min(1).max(100), labels, explain }),
    run: (args, turn) => proposeChange(turn, 'email', args.id, { labels: args.labels }, args.explain),
  });

const draftEmail = tool({
  name: 'draft_email',
  description: 'Proposes a draft, kept as a note: nothing is ever sent.',
  kind: 'proposes',
  parameters: z.strictObject({
    to: z.string().max(recordLimits.short).optional(),
    subject: z.string().trim().min(1).max(1_000),
    body: z.string().max(50_000),
    explain,
  }),
  run(args, turn) {
    const fields = { title: `Draft: ${args.subject}`, body: args.to ? `To: ${args.to}\n\n${args.body}` : args.body, tags: ['draft'] };
    return propose(turn, 'create_record', { type: 'note', fields }, args.explain || 'You asked for a draft; it is kept as a note and not sent.');
  },
});

export const email: Agent = {
  name: 'email',
  description: 'Mail: what came, from whom, what matters; labels; drafts kept as notes.',
  skills: ['find messages', 'sort them by labels', 'write drafts'],
  thinking: 'Looking at your mail',
  instructions: 'agent.email',
  tools: [
    listEmail,
    labelling('classify_email'),
    labelling('update_email'),
    draftEmail,
    ...noteTools,
    createTool('task', 'Proposes a task that follows from a message.'),
  ],
};
