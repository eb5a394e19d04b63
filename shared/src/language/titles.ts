import type { FoundDate, FoundDates } from './dates.ts';
import { courtesy, type Intent } from './intents.ts';
import type { QuickParts } from './quick-capture.ts';

export interface Span {
  from: number;
  to: number;
}

const c = (source: string) => new RegExp(source, 'i');
const listName = String.raw`(?:(?:my|the|our|a|this|that|his|her)\s+)?(?:[\p{L}'-]+\s+){0,2}?(?:to-?\s?do|todo|task|shopping|grocery|groceries|packing|reminder|wish)?\s*(?:lists?|to-?\s?dos?|tasks|reminders|calendar|schedule|agenda|diary|planner)`;

/** The words of a request around what it is about, by intent; taken off the front, then off the end. */
const fronts: Partial<Record<Intent, readonly RegExp[]>> = {
  create_task: [
    c(
      String.raw`^(?:add|create|make|put|set(?: up)?|new|insert|include|enter|write|jot|place|log|start|save|capture|file|get|track|record)?\s*(?:down\s+)?(?:an?\b|another|the|this|me a|one more)?\s*(?:new\s+)?(?:to-?\s?do|todo|task|chore|action item|errand)(?:\s+item)?s?\s*(?:(?:to|for)\s+(?:me\s+)?(?:to\s+)?|called|named|titled|that says|saying|which says|about|that i (?:need|have) to|:|-|,)?\s*(?:to\s+)?`,
    ),
    c(String.raw`^(?:add|put|place|include|insert|write|jot down|note|mark down|enter)\s+(?:the\s+)?(?:item\s+)?(?=.*\b(?:to|on|onto|in|into)\s+${listName})`),
    c(String.raw`^(?:to-?do|todo|task)\s*[:\-]\s*`),
    c(String.raw`^add\s+(?:some\s+)?(?!up\b|on\b|to\b)`),
    c(
      String.raw`^(?:i\s+(?:need|have|want|ought|am supposed|still need|still have)\s+to|i\s+(?:must|should|gotta|got to)|i'?ve got to|i'?m supposed to|need to|have to|must|don'?t forget to|remember to|make sure (?:to|i|that i)|i mustn'?t forget to)\s+`,
    ),
  ],
  create_reminder: [
    c(
      String.raw`^(?:(?:set|create|make|add|put|schedule|give)(?: up)?\s+(?:me\s+)?(?:an?\b|another|the)?\s*(?:new\s+)?)?(?:reminder|reminders|remind me|remind us|remind myself|nudge me|ping me|notify me|alert me|prompt me|don'?t let me forget|don'?t forget|do not forget|remember)\b\s*(?:(?:of|about|for me|for|on|that|at)\b\s*)?(?:i\s+(?:need|have)\s+)?(?:to\b\s*)?(?:[:,-]\s*)?`,
    ),
  ],
  create_event: [
    c(
      String.raw`^(?:add|create|make|put|set(?: up)?|new|insert|schedule|book|plan|arrange|organi[sz]e|enter|save|mark|block(?: out| off)?|reserve|log|place|pencil in|fix)\s+(?:me\s+)?(?:an?\b|another|the|this|my|in)?\s*(?:new\s+)?(?:calendar\s+)?(?:(?:event|entry|appointment)\s+)?(?:(?:called|named|titled|for|of|about|:)\s+)?`,
    ),
    c(String.raw`^remind me\s+(?:(?:of|about|that)\s+)?(?:i\s+(?:need|have|ought)\s+to\s+be\s+(?:at|in)\s+(?:the\s+)?|(?:i\s+have|i'?ve\s+got)\s+an?\s+)`),
    c(String.raw`^(?:event|meeting|appointment)\s*[:\-]\s*`),
    c(String.raw`^(?:i'?m|i am|we'?re|we are|i will be|i'?ll be)\s+(?:having\s+(?:an?\b|the)?\s*|(?=meeting|seeing|going|flying|travell?ing|visiting))`),
    c(String.raw`^(?:i\s+have|i'?ve got|there'?s|there is|we have|i'?m having|i am having)\s+(?:an?\b|the|my)?\s*`),
  ],
  create_project: [
    c(
      String.raw`^(?:(?:add|create|make|start|set up|open|begin|new)\s+)?(?:an?\s+|another\s+|the\s+)?(?:new\s+)?project\b\s*(?:(?:called|named|titled|for|about)\b|:|-)?\s*`,
    ),
  ],
  create_note: [
    c(String.raw`^(?:jot|note|write)\s+(?:this\s+|that\s+)?down\s*(?:that\s+|:|-|,)?\s*`),
    c(
      String.raw`^(?:(?:take|make|write|jot|add|create|save|leave|start|new)\s+)?(?:down\s+)?(?:me\s+)?(?:an?\b|this|the)?\s*(?:new\s+|quick\s+|short\s+)?(?:note|memo)s?(?:\s+to self)?\s*(?:(?:that|about|saying|called|titled|to|of|down)\b|:|-|,)?\s*(?:that\s+)?`,
    ),
  ],
  complete_task: [
    c(
      String.raw`^i(?:'ve| have)?\s+(?:(?:already|just|finally|now)\s+)?(?:paid|sent|called|bought|handled|mailed|emailed|cleaned|fixed|booked|wrote|submitted|picked up|returned|did|done|finished|completed)\s+(?:with\s+)?(?:(?:the|my)\s+)?`,
    ),
    c(String.raw`^(?:mark|set|check|tick|flag|cross)\s+(?:off\s+|out\s+)?(?:(?:the|my)\s+)?(?:(?:task|to-?do|item|reminder)\s+)?`),
    c(
      String.raw`^(?:complete|finish|close|done with|done:?|(?:i(?:'ve| have)?(?:\s+just|\s+already)?\s+(?:finished|completed|done|did|handled)))\s+(?:with\s+)?(?:(?:the|my)\s+)?(?:(?:task|to-?do|item|reminder)\s+)?`,
    ),
    c(String.raw`^(?:the|my)\s+`),
  ],
  reopen_task: [c(String.raw`^(?:reopen|uncheck|untick|mark|set)\s+(?:(?:the|my)\s+)?(?:(?:task|to-?do|item)\s+)?`)],
  delete_task: [
    c(
      String.raw`^(?:delete|remove|erase|drop|cancel|clear|take|get rid of|scratch|discard|trash|strike|cross(?: off| out)?)\s+(?:off\s+|out\s+)?(?:(?:the|my|this|that|a)\s+)?(?:(?:task|to-?do|item|reminder|note)\s+)?(?:(?:about|for|to|called|named)\s+)?(?:(?:the|my)\s+)?`,
    ),
  ],
  delete_event: [
    c(
      String.raw`^(?:delete|remove|erase|drop|cancel|clear|call off|scratch|get rid of|take|scrap|discard|unschedule)\s+(?:off\s+)?(?:(?:the|my|this|that|a)\s+)?(?:(?:event|calendar event|appointment|entry)\s+)?(?:(?:about|for|called|named)\s+)?(?:(?:the|my)\s+)?`,
    ),
  ],
};
fronts.update_task = [
  c(
    String.raw`^(?:move|reschedule|postpone|delay|push|shift|change|update|edit|modify|make|set|prioriti[sz]e|bump|snooze|extend|bring forward|rename|tag|adjust)\s+(?:(?:back|forward|up)\s+)?(?:(?:the|my)\s+)?(?:(?:task|to-?do|item|reminder|event)\s+)?(?:(?:called|named)\s+)?`,
  ),
];
fronts.update_event = fronts.update_task;

const ends: Partial<Record<Intent, readonly RegExp[]>> = {
  create_task: [new RegExp(String.raw`\s*\b(?:to|on|onto|in|into)\s+${listName}\s*(?:please)?[.!]*$`, 'iu')],
  create_reminder: [new RegExp(String.raw`\s*\b(?:to|on|onto|in)\s+${listName}\s*(?:please)?[.!]*$`, 'iu')],
  create_event: [
    new RegExp(
      String.raw`\s*\b(?:to|on|onto|in|into)\s+(?:(?:my|the|our)\s+)?(?:[\p{L}]+\s+)?(?:calendar|schedule|agenda|diary|planner)\s*(?:please)?[.!]*$`,
      'iu',
    ),
  ],
  complete_task: [
    c(
      String.raw`\s*\b(?:(?:is|are|was)\s+(?:now\s+)?|as\s+|to\s+)?(?:done|complete|completed|finished|off)(?:\s+(?:from|on|off)\s+(?:my|the)\s+\w+(?:\s+\w+)?)?[.!]*$`,
    ),
  ],
  reopen_task: [c(String.raw`\s*\b(?:as|to)?\s*(?:open|not done|undone|incomplete|todo)(?:\s+again)?[.!]*$`)],
  delete_task: [new RegExp(String.raw`\s*\b(?:from|off|off of|out of|on|in)\s+${listName}\s*(?:please)?[.!]*$`, 'iu')],
  delete_event: [
    new RegExp(
      String.raw`\s*\b(?:from|off|on|in)\s+(?:(?:my|the)\s+)?(?:[\p{L}]+\s+)?(?:calendar|schedule|agenda|diary|planner|list)\s*(?:please)?[.!]*$`,
      'iu',
    ),
  ],
};

const leadingWords =
  /(?:(?:^|[\s,;(]+)(?:on|by|at|due|due on|due by|due at|for|from|before|until|till|in|starting|starting on|beginning|this|coming|@|no later than|scheduled for|to be done|deadline|to start|as of))+\s*@?$/i;

/** The prepositions that belong to a date, so that "call Bob on" does not remain. */
function widen(text: string, span: Span): Span {
  const before = text.slice(Math.max(0, span.from - 40), span.from);
  const lead = leadingWords.exec(before)?.[0] ?? /@$/.exec(before)?.[0] ?? '';
  return { from: span.from - lead.length, to: span.to };
}

/** Takes places out of a text; what is left is joined by single blanks. */
export function without(text: string, spans: readonly Span[]): string {
  let rest = '';
  let at = 0;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (span.from < at) continue;
    rest += `${text.slice(at, span.from)} `;
    at = span.to;
  }
  return (rest + text.slice(at))
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/ +([,.;:!?]+)(?=\s|$)/g, '$1')
    .trim();
}

const edges = /^[\s,;:.\-–—]+|[\s,;:\-–—]+$/g;
const danglers = /(?:\s+|^)(?:and|on|at|by|for|with|from|to|due|the|a|in|of|with a|,)$/i;

/** Trims punctuation and words left hanging; a sentence's last full stop goes, a question or exclamation mark stays. */
export function tidy(text: string): string {
  let tidied = text
    .replace(edges, '')
    .replace(/(?<!\.)\.$/, '')
    .replace(/ {2,}/g, ' ');
  for (let i = 0; i < 3 && danglers.test(tidied) && tidied.includes(' '); i++) tidied = tidied.replace(danglers, '').replace(edges, '');
  return tidied;
}

/** First letter upper case, unless the word is written in its own way ("iPhone"). */
export const sentence = (text: string): string => (/^\p{Ll}+(?![\p{Lu}\p{L}])/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

function strip(text: string, patterns: readonly RegExp[] | undefined): string {
  let rest = text;
  for (const pattern of patterns ?? []) {
    const next = rest.replace(pattern, '');
    if (next.trim() !== '') rest = next;
  }
  return rest;
}

/** The text without politeness: what the request itself says. One that was put as a question ("could you …?") is none. */
export function requestOf(text: string): string {
  const lead = courtesy.exec(text.trimStart())?.[0] ?? '';
  const request = text.trimStart().slice(lead.length).trim() || text.trim();
  return /\b(?:can|could|would|will) you\b/i.test(lead) ? request.replace(/\s*\?+$/, '') : request;
}

/** The place of each date that says when, with the words that lead to it. */
export const dateSpans = (text: string, found: FoundDates, used: readonly FoundDate[]): Span[] =>
  [...used, ...found.spans.filter((s) => s.role === 'repeat' || (s.role === 'length' && compact.test(text.slice(s.from, s.to))))].map((span) =>
    widen(text, span),
  );

/** A length of the capture grammar, as `30m`. */
const compact = /^\d{1,4}(?:\.\d+)?(?:m|h|d|w|min|mins|hr|hrs)(?:\d{1,2}m)?$/i;

/** The subject of a request: without politeness, command words, marks and the given dates; everything else stays. */
export function titleOf(text: string, intent: Intent, quick: QuickParts, taken: readonly Span[]): string {
  const bare = without(text, [...quick.spans, ...taken]);
  const request = requestOf(bare);
  return sentence(unquoted(tidy(strip(strip(thanked(request), fronts[intent]), ends[intent])))) || sentence(tidy(bare)) || text.trim();
}

/** Thanks at the end, and the question mark of a request that was put as a question, are no part of the subject. */
const thanked = (request: string): string =>
  request
    .replace(/[\s,.!?]+(?:please|pls|thanks|thank you|thx)(?: a lot| so much)?[.! ]*$/i, '')
    .replace(/(?<=^(?!what|who|how|when|where|which|why|is|are|do|does|can|will|did|am)\b.*)\?$/i, '');

/** A title wholly in quotation marks is meant without them. */
const unquoted = (title: string): string => /^["'\u201c\u2018]([^"'\u201c\u201d\u2018\u2019]+)["'\u201d\u2019]$/.exec(title)?.[1] ?? title;

/** Whether a request is nothing but command words, marks and dates, as "new task" or "remind me tomorrow". */
export function saysNothing(text: string, intent: Intent, quick: QuickParts, taken: readonly Span[]): boolean {
  const request = requestOf(without(text, [...quick.spans, ...taken]));
  const rest = (fronts[intent] ?? []).map((front) => request.replace(front, '').replace(/^(?:to|for|that|about)$/i, ''));
  return [request, ...rest].some((words) => !/[\p{L}\p{N}]/u.test(words));
}

/** A text without politeness and the command words of its intent; its lines, blanks and marks stay as they are. */
export const afterCommand = (text: string, intent: Intent): string => strip(text.trimStart().replace(courtesy, ''), fronts[intent]).trim() || text.trim();
