import { parseSigned, type PlaybookSet, type SignedPlaybook } from '@adiuva/shared/contracts/playbook.ts';
import documents from './playbooks.json' with { type: 'json' };

/** The playbooks that come with the service, signed by the publisher; checked when the module is loaded, so that a broken one is a fault at the start. */
export const builtIn: readonly SignedPlaybook[] = documents.map((document) => parseSigned(document));

const sets = new Map<string, Set<PlaybookSet>>();
for (const { set, steps } of builtIn)
  for (const { action, params } of steps)
    if (action === 'llm') sets.set(String(params['templateId']), (sets.get(String(params['templateId'])) ?? new Set()).add(set));

/** Sets of the playbooks that ask a template: who has one of them may ask it. */
export const setsOfTemplate = (templateId: string): readonly PlaybookSet[] => [...(sets.get(templateId) ?? [])];
