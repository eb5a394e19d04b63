import type { Priority } from '../contracts/records.ts';

/** Pieces of the capture grammar: `#tag`, `+project`, `!high`; dates (`@friday 3pm`) and lengths (`30m`) are found with the other dates. */
export interface QuickParts {
  tags: string[];
  project: string | null;
  priority: Priority | null;
  spans: { from: number; to: number }[];
}

/** The words that lead to a tag go with it. */
const tagLead = /(?:[,;]\s*|\s+|^)(?:(?:and\s+)?(?:tagged|labell?ed|tags?|labels?)(?:\s+(?:it|with|as))?\s*:?\s*|with\s+(?:the\s+)?(?:tags?|labels?)\s*)$/i;
const tag = /(?<=^|[\s([])#(?=[\p{L}\p{N}_-]*\p{L})([\p{L}\p{N}_][\p{L}\p{N}_/-]{0,98})/gu;
/** A plus sign and a letter: phone numbers and sums stay text. */
const project = /(?<=^|\s)\+(\p{L}[\p{L}\p{N}_/-]{0,98})/gu;
const marks: Readonly<Record<string, Priority>> = {
  low: 'low',
  medium: 'medium',
  med: 'medium',
  normal: 'medium',
  high: 'high',
  urgent: 'urgent',
  important: 'high',
  critical: 'urgent',
  asap: 'urgent',
  lo: 'low',
  hi: 'high',
  p1: 'urgent',
  p2: 'high',
  p3: 'medium',
  p4: 'low',
};
const mark = /(?<=^|\s)!([a-z][a-z0-9]{0,10})(?![\w])/gi;

const levels = 'low|medium|normal|high|highest|lowest|top|urgent|critical|important';
const level = (word: string): Priority =>
  ({
    low: 'low',
    lowest: 'low',
    medium: 'medium',
    normal: 'medium',
    high: 'high',
    important: 'high',
    highest: 'urgent',
    top: 'urgent',
    urgent: 'urgent',
    critical: 'urgent',
  })[word.toLowerCase()] as Priority;

/** Priority said in words; each pattern's first group is the level. */
const spoken: readonly RegExp[] = [
  new RegExp(String.raw`(?:[,;]|\b(?:with|as|and|at|of|it'?s|it is|is|make it|on)\b|\b(?:with|as|at) an?\b)?[ ]{0,2}\b(?:an? )?(${levels})[ -]priority\b`, 'i'),
  new RegExp(String.raw`[,;]?[ ]?\b(?:and )?(?:with )?(?:the )?priority[ :=]{1,3}(?:is |to |of )?(${levels})\b`, 'i'),
  /(?:[,;.!-]|\bthis is\b|\bit'?s\b|\bit is\b|\bthat'?s\b) {0,2}(?:this is |it'?s |it is |that'?s )?(?:very |really |super )?(urgent|important|critical)[.!]{0,3}$/i,
  /^(urgent|important|critical) {0,2}[:!-]/i,
];

/** Reads the capture marks and priority words of a text; their places allow taking them out of the title. */
export function readQuick(text: string): QuickParts {
  const parts: QuickParts = { tags: [], project: null, priority: null, spans: [] };
  for (const found of text.matchAll(tag)) keepTag(parts, text, found, () => parts.tags.includes(found[1]!) || parts.tags.push(found[1]!));
  for (const found of text.matchAll(project)) if (parts.project === null) keep(parts, found, () => (parts.project = found[1]!));
  for (const found of text.matchAll(mark)) {
    const priority = marks[found[1]!.toLowerCase()];
    if (priority && parts.priority === null) keep(parts, found, () => (parts.priority = priority));
  }
  for (const pattern of spoken) {
    const found = parts.priority === null ? pattern.exec(text) : null;
    if (found) keep(parts, found, () => (parts.priority = level(found[1]!)));
  }
  return parts;
}

function keepTag(parts: QuickParts, text: string, found: RegExpMatchArray, take: () => unknown): void {
  take();
  const lead = tagLead.exec(text.slice(Math.max(0, found.index! - 30), found.index!))?.[0].length ?? 0;
  parts.spans.push({ from: found.index! - lead, to: found.index! + found[0].length });
}

function keep(parts: QuickParts, found: RegExpExecArray | RegExpMatchArray, take: () => unknown): void {
  take();
  parts.spans.push({ from: found.index!, to: found.index! + found[0].length });
}
