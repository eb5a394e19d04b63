import { z } from 'zod';
import { actions } from '@adiuva/shared/contracts/plan.ts';
import type { Agent } from './agents.ts';
import { mentions } from './context-view.ts';
import { explain, noteTools, propose } from './record-tools.ts';
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
  tools: [searchDocuments, ...noteTools, sendNotification, indexDocument],
};
