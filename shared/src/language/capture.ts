import type { PlanStep } from '../contracts/plan.ts';
import { recordLimits, type Fields } from '../contracts/records.ts';
import { isoDate, parseIsoDate } from './civil.ts';
import { readChars, type FoundDate } from './dates.ts';
import { afterCommand, dateSpans, sentence, tidy, titleOf } from './titles.ts';
import { answer, eventSpan, overlaps, text, type Reply, type Turn } from './turn.ts';
import { bold, repeatWords, shown, stretchWords, whenWords } from './wording.ts';
import { isoTime, readIso, type Zone } from './zone.ts';

const maxTitle = 300;
const defaultMinutes = 60;

/** A field's value with the place it came from, for the plan's reader. */
interface Given {
  fields: Fields;
  why: string[];
}

const cut = (words: string, max: number) => (words.length > max ? `${words.slice(0, max - 1)}…` : words);
const clip = (words: string) => cut(words, 900);
const said = (words: string) => `"${cut(words.trim(), 80)}"`;

/** The day a span stands for as a due date: its first day where it names the start, else its last. */
function dueOf(date: FoundDate, zone: Zone): string {
  if (date.zone !== undefined) return isoTime(zone, readIso(zone, date.start)!);
  if (date.kind !== 'daterange') return date.start;
  if (date.lastDay) return date.end!;
  return date.edge === 'start' ? date.start : isoDate(parseIsoDate(date.end!)! - 1);
}

/** Title and, where the words do not fit one, the whole text as notes. */
function titled(turn: Turn, title: string): { title: string; long: boolean } {
  const first = title.split(/\r?\n/)[0]!.trim() || title;
  const clean = cut(first, maxTitle);
  return { title: clean, long: clean !== title || turn.reading.text.length > readChars };
}

function common({ reading }: Turn, given: Given): void {
  const { quick, found } = reading;
  if (found.recurrence) {
    given.fields['recurrence'] = found.recurrence;
    given.why.push(`repeats ${repeatWords(found.recurrence)} (you wrote it)`);
  }
  if (quick.tags.length > 0 && reading.intent !== 'create_event') {
    given.fields['tags'] = quick.tags.slice(0, recordLimits.tags);
    given.why.push(`tags from ${quick.tags.map((tag) => `#${tag}`).join(' ')}`);
  }
}

/** One task. A "now" in the text is no due time. */
export function taskStep(turn: Turn, title = turn.reading.title, tags: readonly string[] = []): PlanStep {
  const { reading, now, zone } = turn;
  const name = titled(turn, title);
  const given: Given = { fields: { title: name.title }, why: [`title ${said(name.title)} from your words`] };
  if (reading.quick.priority) {
    given.fields['priority'] = reading.quick.priority;
    given.why.push(`priority ${reading.quick.priority} (you wrote it)`);
  }
  const when = reading.when.find((date) => readIso(zone, date.start) !== now || date.kind === 'date');
  if (when) {
    given.fields['dueAt'] = dueOf(when, zone);
    given.why.push(`due ${whenWords(dueOf(when, zone), zone, now)} from ${said(when.text)}`);
  }
  common(turn, given);
  if (tags.length > 0) given.fields['tags'] = [...new Set([...((given.fields['tags'] as string[] | undefined) ?? []), ...tags])];
  if (reading.quick.project) {
    given.fields['projectId'] = reading.quick.project;
    given.why.push(`project ${said(reading.quick.project)} from +${reading.quick.project}`);
  }
  const notes = [
    reading.found.durationMinutes && compactLength(turn) ? `Planned time: ${reading.found.durationMinutes} minutes` : '',
    name.long ? reading.text.slice(0, recordLimits.text) : '',
  ]
    .filter(Boolean)
    .join('\n\n');
  if (notes) given.fields['notes'] = notes;
  return {
    action: 'create_record',
    params: { type: 'task', fields: given.fields },
    explain: clip(`Add a task, because you asked for it: ${given.why.join('; ')}.`),
  };
}

const compactLength = ({ reading }: Turn): boolean =>
  reading.found.spans.some(
    (s) =>
      s.role === 'length' && /^\d{1,4}(?:\.\d+)?[a-z]+/i.test(reading.text.slice(s.from, s.to)) && !reading.title.includes(reading.text.slice(s.from, s.to)),
  );

/** `HH:MM` and day of the start and end of an event, from the date found and a length given. */
function eventTimes(turn: Turn, date: FoundDate): Fields {
  const { zone, reading } = turn;
  const minutes = reading.found.durationMinutes;
  if (date.kind === 'date') return wholeDays(date.start, isoDate(parseIsoDate(date.start)! + Math.max(1, Math.round((minutes ?? 0) / 1440))));
  if (date.kind === 'daterange') return wholeDays(date.start, date.lastDay ? isoDate(parseIsoDate(date.end!)! + 1) : date.end!);
  const start = readIso(zone, date.start)!;
  const end =
    minutes !== null && minutes > 0 && minutes <= 60 * 24 * 30
      ? start + minutes * 60
      : date.end && date.grain !== 'hour'
        ? readIso(zone, date.end)!
        : start + defaultMinutes * 60;
  return { startAt: isoTime(zone, start), endAt: isoTime(zone, end), timeZone: zone.name };
}

/** `endAt` of all-day events is the day after the last one. */
const wholeDays = (start: string, end: string): Fields => ({ startAt: start, endAt: end, allDay: true });

const person = String.raw`(?:(?:my |our |the |dr\.? |mr\.? |mrs\.? |ms\.? |prof\.? )?[\p{L}][\p{L}'.-]*(?:@[\w.-]+)?(?: \p{Lu}[\p{L}'.-]*){0,2})`;
const attendees = new RegExp(String.raw`\bwith (${person}(?:(?:, | and |, and | & )${person}){0,9})(?=$|[\s,.!?])`, 'u');
const notPeople = /^(?:a|an|the|high|low|me|my|our|no|some|extra|all|others|friends|family|everyone|coffee|priority)$/i;
const place = /\b(?:at|in) ((?:the |room |conference room |meeting room )?[\p{L}\p{N}][\p{L}\p{N}'.-]*(?: [\p{L}\p{N}][\p{L}\p{N}'.-]*){0,3})$/u;

/** People after "with": names, so capitalised or a mail address; other words stay in the title. */
export function peopleIn(words: string): string[] {
  const found = attendees.exec(words)?.[1];
  return (found?.split(/, and |, | and | & /) ?? []).filter((p) => !notPeople.test(p) && (/^\p{Lu}/u.test(p) || p.includes('@'))).slice(0, 20);
}

/** One event, or undefined where no time is named. */
export function eventStep(turn: Turn): PlanStep | undefined {
  const { reading, zone, now } = turn;
  const date = reading.when[0];
  if (!date) return undefined;
  const times = eventTimes(turn, date);
  const name = titled(turn, eventTitle(turn));
  const given: Given = {
    fields: { title: name.title, ...times },
    why: [
      `title ${said(name.title)} from your words`,
      `time ${stretchWords(String(times['startAt']), String(times['endAt']), zone, now)} from ${said(date.text)}`,
    ],
  };
  if (date.end === null && date.kind !== 'date' && reading.found.durationMinutes === null) given.why.push('one hour long, because no end was given');
  const people = peopleIn(name.title);
  if (people.length > 0) {
    given.fields['attendees'] = people;
    given.why.push(`with ${people.join(', ')} (you named them)`);
  }
  const where = place.exec(name.title)?.[1];
  if (where) {
    given.fields['location'] = cut(where, recordLimits.short);
    given.why.push(`place ${said(where)} from your words`);
  }
  common(turn, given);
  return {
    action: 'create_record',
    params: { type: 'event', fields: given.fields },
    explain: clip(`Add an event, because you asked for it: ${given.why.join('; ')}.`),
  };
}

/** The title of an event without "for 90 minutes", which is kept as its end. */
function eventTitle({ reading }: Turn): string {
  const lengths = reading.found.spans.filter((s) => s.role === 'length');
  const taken = [
    ...dateSpans(reading.text, reading.found, reading.when),
    ...lengths.map(({ from, to }) => ({ from: from - (/\bfor\s*$/.exec(reading.text.slice(Math.max(0, from - 6), from))?.[0].length ?? 0), to })),
  ];
  return titleOf(reading.text.slice(0, readChars), reading.intent, { ...reading.quick, spans: reading.quick.spans }, taken);
}

/** Events in the context that lie over a new one. */
export function conflicts(turn: Turn, step: PlanStep, skip?: string): string {
  const fields = step.params['fields'] as Fields;
  if (fields['allDay'] === true || typeof fields['startAt'] !== 'string') return '';
  const span = eventSpan({ id: '', provenance: 'user', fields }, turn.zone);
  const hits = turn.context.upcomingEvents.filter(
    (e) => e.id !== skip && e.fields['allDay'] !== true && span && overlaps(span, eventSpan(e, turn.zone) ?? { from: 0, to: 0 }),
  );
  return hits.length === 0
    ? ''
    : `\n\nThis overlaps with ${hits
        .slice(0, 3)
        .map((e) => `${bold(text(e, 'title'))} (${stretchWords(text(e, 'startAt'), text(e, 'endAt'), turn.zone, turn.now)})`)
        .join(' and ')}.`;
}

/** A note keeps every word: the first line names it, the whole is its body. */
export function noteStep(turn: Turn): PlanStep {
  const { reading } = turn;
  const body = sentence(afterCommand(reading.text.slice(0, recordLimits.text), 'create_note'));
  const title = cut(sentence(tidy(body.split(/\r?\n/)[0]!)) || 'Note', 80);
  const fields: Fields = { title, body, ...(reading.quick.tags.length > 0 && { tags: reading.quick.tags.slice(0, recordLimits.tags) }) };
  return {
    action: 'create_record',
    params: { type: 'note', fields },
    explain: clip(`Add a note, because you asked for it: title ${said(title)} is its first line; the body is what you wrote.`),
  };
}

/** A project is its name. */
export function projectStep({ reading }: Turn): PlanStep {
  const name = cut(reading.title, maxTitle);
  return {
    action: 'create_record',
    params: { type: 'project', fields: { name } },
    explain: clip(`Add a project, because you asked for it: name ${said(name)} from your words.`),
  };
}

/** How a new record reads in the answer. */
export function describe(step: PlanStep, turn: Turn): string {
  const fields = step.params['fields'] as Fields;
  const facts = [
    typeof fields['dueAt'] === 'string' ? `due ${whenWords(fields['dueAt'], turn.zone, turn.now)}` : '',
    typeof fields['startAt'] === 'string' ? stretchWords(fields['startAt'], String(fields['endAt']), turn.zone, turn.now) : '',
    typeof fields['priority'] === 'string' ? `${fields['priority']} priority` : '',
    typeof fields['recurrence'] === 'string' ? repeatWords(fields['recurrence']) : '',
    typeof fields['projectId'] === 'string' ? `project ${shown(fields['projectId'])}` : '',
    Array.isArray(fields['tags']) ? (fields['tags'] as string[]).map((tag) => `\\#${shown(tag)}`).join(' ') : '',
  ].filter(Boolean);
  return [bold(fields['title'] ?? fields['name']), ...facts].join(' · ');
}

const nouns: Readonly<Record<string, string>> = { task: 'task', event: 'event', note: 'note', project: 'project' };

/** A zone beside a time must not pass unseen, whether the time was reckoned with it or its name has several meanings. */
const foreignZone =
  /\b(?:utc|gmt|est|edt|pst|pdt|cst|cdt|mst|mdt|cet|cest|bst|ist|(?:pacific|eastern|central|mountain)(?: (?:standard|daylight))?(?: time)?)\b/i;

function zoneHint({ reading, zone, now }: Turn): string {
  const reckoned = reading.when.find((date) => date.zone !== undefined);
  if (reckoned && isoTime(zone, readIso(zone, reckoned.start)!) !== reckoned.start)
    return `\n\nYou named a time zone (${shown(reckoned.zone)}). In ${zone.name} that is ${whenWords(reckoned.start, zone, now)}.`;
  const said = reading.when.map((date) => (date.zone === undefined ? foreignZone.exec(date.text)?.[0] : undefined)).find(Boolean);
  return said ? `\n\nYou named a time zone (${shown(said)}). I took the time as it stands in ${zone.name}; correct it where that is wrong.` : '';
}

/** The answer to one or several captures. */
export function captured(turns: readonly Turn[], steps: readonly PlanStep[]): Reply {
  const turn = turns[0]!;
  const kinds = steps.map((step) => nouns[String(step.params['type'])] ?? 'record');
  const hints = steps.map((step) => (step.params['type'] === 'event' ? conflicts(turn, step) : '')).join('') + turns.map(zoneHint).join('');
  const lead = steps.length === 1 ? `I will add this ${kinds[0]} when you approve:` : `I will add these ${steps.length} when you approve:`;
  const lines = steps.map((step, i) => `- ${steps.length > 1 ? `${kinds[i]}: ` : ''}${describe(step, turn)}`);
  const given = steps[0]!.params['fields'] as Fields;
  const first = String(given['title'] ?? given['name']);
  return {
    agents: [...new Set(kinds.map((k) => (k === 'event' ? ('calendar' as const) : ('task' as const))))],
    response: `${lead}\n\n${lines.join('\n')}${hints}`,
    steps: [...steps],
    title: cut(steps.length === 1 ? `Add ${kinds[0]}: ${first}` : `Add ${steps.length} records`, 200),
  };
}

export const askWhat = (turn: Turn): Reply =>
  answer(
    turn.reading.agent,
    `What should it say? Tell me in one sentence, for example "Remind me to call Marta ${turn.reading.when[0] ? shown(turn.reading.when[0].text, 60) : 'tomorrow at 9'}". Nothing was added.`,
  );

/** The question of {@link askWhen}, whose first group is the title as it was shown. */
export const whenQuestion = /^When should \*\*(.{1,300}?)\*\* be\?/;

export const askWhen = (turn: Turn): Reply =>
  answer(
    'calendar',
    `When should ${bold(turn.reading.title)} be? Tell me the day and the time, for example "${shown(turn.reading.request, 80)} tomorrow at 15:00".`,
  );

/** List items after "add" and before "to my shopping list". */
const listRequest =
  /^(?:please )?(?:add|put|get|include|place|write|insert)\s+(.{1,400}?)\s+(?:to|on|onto|in)\s+(?:the |my |our |a )?(?:([\p{L}'-]+)\s+){0,2}?list[.!]?$/iu;

/** Several tasks behind one word for them: "add tasks: buy milk; call Bob". */
const taskList =
  /^(?:please )?(?:add|create|make|set up|new)\s+(?:(?:the|these|some|my|me|two|three|four|five|six|\d{1,2}|following|new)\s+)*(?:tasks|to-?dos|todos|reminders|chores)(?: for me)?\s*(?::|-|named|called)\s*(\S.{0,2000})$/isu;

export function listItems(request: string): { items: string[]; list: string | null } | null {
  const tasks = taskList.exec(request)?.[1];
  if (tasks) return itemsOf(tasks, /[;\n]/.test(tasks) ? /\s*[;\n]\s*(?:and\s+)?/ : /\s*,\s*(?:and\s+)?|\s+and\s+/, null);
  const found = listRequest.exec(request);
  if (!found) return null;
  const name = found[2]?.toLowerCase();
  const known =
    name === 'grocery' || name === 'groceries' || name === 'shopping' ? 'shopping' : name && !/^(?:to|do|to-?do|todo|task|my|the)$/.test(name) ? name : null;
  return itemsOf(found[1]!, /\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*/, known);
}

function itemsOf(words: string, between: RegExp, list: string | null): { items: string[]; list: string | null } | null {
  const items = words
    .split(between)
    .map((item) => tidy(item.trim().replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, '')))
    .filter(Boolean);
  return items.length > 0 && items.length <= 20 ? { items, list } : null;
}
