import type { PlaybookInput } from '@adiuva/shared/contracts/playbook.ts';
import type { PlaybookResult, PlaybookView } from '../../../bridge/shapes.ts';
import { type Here, relativeText } from '../../words/dates.ts';

/** Categories in the order of the list. */
export const categories: readonly (readonly [PlaybookView['category'], string])[] = [
  ['day', 'Every day'],
  ['week', 'Every week'],
  ['mail', 'Mail'],
  ['meetings', 'Meetings'],
  ['projects', 'Projects'],
  ['goals', 'Goals'],
  ['travel', 'Travel'],
];

const kinds: Readonly<Record<string, string>> = {
  task: 'tasks',
  event: 'events',
  email: 'mail headers',
  note: 'notes',
  project: 'projects',
  plan: 'waiting plans',
  plans: 'waiting plans',
};

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** What it needs and may do, in one line. */
export function needsText({ reads, cloud, proposes }: Pick<PlaybookView, 'reads' | 'cloud' | 'proposes'>): string {
  const read = reads.length === 0 ? '' : `Reads ${listed([...new Set(reads.map((kind) => kinds[kind] ?? kind))])}`;
  const where = cloud === 'none' ? 'works without the cloud' : 'works without the cloud, which adds to it';
  return [read, where, proposes ? 'proposes a plan' : ''].filter(Boolean).join(' · ');
}

/** How old it is: where it came from and when that was last confirmed. */
export function ageText({ source, version, fetchedAt }: Pick<PlaybookView, 'source' | 'version' | 'fetchedAt'>, here: Here): string {
  const from = source === 'bundle' ? 'came with Adiuva' : 'from the cloud';
  return `Version ${version}, ${from}${fetchedAt === null ? '' : `, checked ${relativeText(fetchedAt, here)}`}`;
}

/** What became of the part of the cloud; null where there is nothing to say. */
export function cloudText({ cloud }: Pick<PlaybookResult, 'cloud'>): string | null {
  const texts: Readonly<Record<PlaybookResult['cloud'], string | null>> = {
    none: null,
    done: null,
    queued: 'The part of the cloud waits in the outbox and is added by itself.',
    skipped: 'Made on this device alone. Signed in, the cloud adds to it.',
    failed: 'The part of the cloud could not be had.',
  };
  return texts[cloud];
}

/** What a form holds: text for everything but a switch. */
export type Typed = Readonly<Record<string, string | boolean>>;

/** What the form starts with. Days are dates: `dayOf` says which one a word such as `today+1` is. */
export function startOf(inputs: readonly PlaybookInput[], dayOf: (words: string) => string | undefined): Typed {
  return Object.fromEntries(
    inputs.map((input) => {
      if (input.kind === 'boolean') return [input.name, input.default];
      const given = input.default === undefined ? '' : String(input.default);
      return [input.name, input.kind === 'date' && given !== '' ? (dayOf(given) ?? '') : given];
    }),
  );
}

/** What is sent: numbers as numbers, and nothing for what was left empty. */
export function inputsOf(inputs: readonly PlaybookInput[], typed: Typed): Record<string, unknown> {
  return Object.fromEntries(
    inputs.flatMap(({ name, kind }) => {
      const value = typed[name];
      if (value === undefined || value === '') return [];
      return [[name, kind === 'number' ? Number(value) : value]];
    }),
  );
}

/** Why an input cannot be sent as it is; null where it can. */
export function faultOf(input: PlaybookInput, typed: Typed): string | null {
  const value = typed[input.name] ?? '';
  if (value === '') return input.required ? 'This is needed.' : null;
  if (input.kind !== 'number') return null;
  const number = Number(value);
  return number >= input.min && number <= input.max ? null : `From ${input.min} to ${input.max}.`;
}
