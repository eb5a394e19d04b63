import type { Priority } from '@adiuva/shared/contracts/records.ts';
import { absoluteText, type Here, months, weekdays } from './dates.ts';
import { addDays, type Civil, civilOf, dateText, instantOf, isoOf, weekdayOf } from './zone.ts';

export type ChipKind = 'tag' | 'project' | 'priority' | 'due' | 'repeat' | 'duration';

/** A recognised part of a captured line: where it stands, what it means, how it reads. */
export interface Chip {
  readonly kind: ChipKind;
  readonly source: string;
  readonly label: string;
  readonly value: string;
}

export interface Capture {
  readonly title: string;
  readonly chips: Chip[];
}

const priorities: Readonly<Record<string, Priority>> = { low: 'low', medium: 'medium', normal: 'medium', high: 'high', urgent: 'urgent' };
const units: Readonly<Record<string, string>> = { day: 'DAILY', week: 'WEEKLY', month: 'MONTHLY', year: 'YEARLY' };
const dayNames = weekdays.map((name) => name.toLowerCase());
const monthNames = months.map((name) => name.toLowerCase());

const dayPattern = dayNames.map((name) => `${name}|${name.slice(0, 3)}`).join('|');
const monthPattern = monthNames.map((name) => `${name}|${name.slice(0, 3)}`).join('|');
const clockPattern = '(?:\\s+(?:at\\s+)?(\\d{1,2}(?::\\d{2})?\\s?(?:am|pm)|\\d{1,2}:\\d{2}))?';
const datePattern = `today|tonight|tomorrow|(?:next\\s+)?(?:${dayPattern})|in\\s+\\d{1,3}\\s+(?:days?|weeks?)|\\d{4}-\\d{2}-\\d{2}|\\d{1,2}\\s+(?:${monthPattern})`;

const namesWeekday = new RegExp(`^(${dayPattern})$`);
const indexOfName = (names: readonly string[], text: string) => names.findIndex((name) => name.startsWith(text.slice(0, 3)));

function clockOf(text: string | undefined): { hour: number; minute: number } | null {
  const found = /^(\d{1,2})(?::(\d{2}))?\s?(am|pm)?$/.exec(text ?? '');
  if (!found) return null;
  const half = found[3];
  const hour = half ? (Number(found[1]) % 12) + (half === 'pm' ? 12 : 0) : Number(found[1]);
  const minute = Number(found[2] ?? 0);
  return hour < 24 && minute < 60 && !(half && Number(found[1]) > 12) ? { hour, minute } : null;
}

function validDay(civil: Civil): Civil | null {
  const normal = addDays(civil, 0);
  return normal.month === civil.month && normal.day === civil.day ? civil : null;
}

function dayOf(text: string, today: Civil): Civil | null {
  if (text === 'today' || text === 'tonight') return today;
  if (text === 'tomorrow') return addDays(today, 1);
  const inSome = /^in\s+(\d+)\s+(day|week)/.exec(text);
  if (inSome) return addDays(today, Number(inSome[1]) * (inSome[2] === 'week' ? 7 : 1));
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (iso) return validDay({ ...today, year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) });
  const dayMonth = /^(\d{1,2})\s+([a-z]+)$/.exec(text);
  if (dayMonth) return nextDate(Number(dayMonth[1]), indexOfName(monthNames, dayMonth[2] ?? '') + 1, today);
  const ahead = (indexOfName(dayNames, text.replace(/^next\s+/, '')) - weekdayOf(today) + 7) % 7;
  return addDays(today, text.startsWith('next') ? (ahead === 0 ? 7 : ahead) : ahead);
}

function nextDate(day: number, month: number, today: Civil): Civil | null {
  const thisYear = validDay({ ...today, month, day });
  if (!thisYear) return null;
  return month < today.month || (month === today.month && day < today.day) ? { ...thisYear, year: today.year + 1 } : thisYear;
}

function dueChip(source: string, match: RegExpExecArray, here: Here): Chip | null {
  const dayWords = (match[1] ?? '').toLowerCase();
  const day = dayOf(dayWords, civilOf(here.now, here.zone));
  if (!day) return null;
  const clock = clockOf(match[2]?.toLowerCase().trim()) ?? (dayWords === 'tonight' ? { hour: 20, minute: 0 } : null);
  const moment = clock && { ...day, ...clock };
  // "@friday 3pm", written on a Friday evening, means the next one.
  const passed = moment !== null && namesWeekday.test(dayWords) && instantOf(moment, here.zone) <= here.now;
  const value = moment ? isoOf(passed ? addDays(moment, 7) : moment, here.zone) : dateText(day);
  return { kind: 'due', source, label: absoluteText(value, here), value };
}

function repeatChip(source: string, match: RegExpExecArray): Chip {
  const count = Number(match[1] ?? 1);
  const word = (match[2] ?? '').toLowerCase();
  const unit = units[word];
  const every = count === 1 ? `every ${word}` : `every ${count} ${word}s`;
  const interval = count === 1 ? '' : `;INTERVAL=${count}`;
  if (unit) return { kind: 'repeat', source, label: every, value: `FREQ=${unit}${interval}` };
  const day = weekdays[indexOfName(dayNames, word)] ?? 'Monday';
  return { kind: 'repeat', source, label: `every ${day}`, value: `FREQ=WEEKLY;BYDAY=${day.slice(0, 2).toUpperCase()}` };
}

function durationChip(source: string, match: RegExpExecArray): Chip | null {
  const minutes = Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
  if (minutes === 0 || minutes > 24 * 60) return null;
  return { kind: 'duration', source, label: minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`, value: String(minutes) };
}

interface Rule {
  readonly pattern: RegExp;
  readonly read: (source: string, match: RegExpExecArray, here: Here) => Chip | null;
}

/** The grammar, first match first. Each pattern starts at a word and ends at one. */
const rules: readonly Rule[] = [
  { pattern: new RegExp(`(?<=^|\\s)@every\\s+(?:(\\d{1,2})\\s+)?(day|week|month|year)s?(?=\\s|$)`, 'gi'), read: (source, match) => repeatChip(source, match) },
  { pattern: new RegExp(`(?<=^|\\s)@every\\s+()(${dayPattern})(?=\\s|$)`, 'gi'), read: (source, match) => repeatChip(source, match) },
  { pattern: new RegExp(`(?<=^|\\s)@(${datePattern})${clockPattern}(?=\\s|$)`, 'gi'), read: dueChip },
  {
    pattern: /(?<=^|\s)#([\p{L}\p{N}][\p{L}\p{N}_/-]{0,99})(?=\s|$)/gu,
    read: (source, match) => ({ kind: 'tag', source, label: `#${match[1]}`, value: match[1] ?? '' }),
  },
  {
    pattern: /(?<=^|\s)\+([\p{L}][\p{L}\p{N}_-]{0,99})(?=\s|$)/gu,
    read: (source, match) => ({ kind: 'project', source, label: match[1] ?? '', value: match[1] ?? '' }),
  },
  {
    pattern: /(?<=^|\s)!(low|medium|normal|high|urgent)(?=\s|$)/gi,
    read: (source, match) => {
      const value = priorities[(match[1] ?? '').toLowerCase()] ?? 'medium';
      return { kind: 'priority', source, label: `${value} priority`, value };
    },
  },
  { pattern: /(?<=^|\s)(?:(\d{1,2})h)?(?:(\d{1,3})m)?(?<=[hm])(?=\s|$)/gi, read: (source, match) => durationChip(source, match) },
];

/** Kinds of which a line has one; a second one stays in the title, where the user sees it. */
const single: ReadonlySet<ChipKind> = new Set(['project', 'priority', 'due', 'repeat', 'duration']);

interface Found {
  readonly start: number;
  readonly end: number;
  readonly chip: Chip;
}

function findAll(line: string, here: Here, ignored: ReadonlySet<string>): Found[] {
  const found: Found[] = [];
  for (const rule of rules) {
    for (const match of line.matchAll(rule.pattern)) {
      const [source, start] = [match[0], match.index];
      const taken = found.some((other) => start < other.end && start + source.length > other.start);
      const chip = source === '' || taken || ignored.has(source) ? null : rule.read(source, match, here);
      const repeated = chip !== null && single.has(chip.kind) && found.some((other) => other.chip.kind === chip.kind);
      if (chip && !repeated) found.push({ start, end: start + source.length, chip });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * Reads a line of quick capture: `#tag`, `+project`, `!high`, `@friday 3pm`, `@every 2 weeks`, `30m`. What is not understood, and every
 * source in `ignored` (a chip the user removed), stays in the title.
 */
export function readCapture(line: string, here: Here, ignored: ReadonlySet<string> = new Set()): Capture {
  const found = findAll(line, here, ignored);
  let title = '';
  let at = 0;
  for (const { start, end } of found) {
    title += line.slice(at, start);
    at = end;
  }
  return { title: (title + line.slice(at)).replace(/\s+/g, ' ').trim(), chips: found.map((item) => item.chip) };
}

const valueOf = (chips: readonly Chip[], kind: ChipKind) => chips.find((chip) => chip.kind === kind)?.value;

/** The task a captured line makes. A repetition without a date starts today; a duration has no field of its own and goes to the notes. */
export function taskOf(capture: Capture, projectId: string | null, here: Here): Record<string, unknown> {
  const { chips } = capture;
  const recurrence = valueOf(chips, 'repeat') ?? null;
  const due = valueOf(chips, 'due') ?? (recurrence ? dateText(civilOf(here.now, here.zone)) : null);
  const duration = chips.find((chip) => chip.kind === 'duration')?.label;
  return {
    title: capture.title,
    priority: valueOf(chips, 'priority') ?? 'medium',
    dueAt: due,
    projectId,
    tags: [...new Set(chips.filter((chip) => chip.kind === 'tag').map((chip) => chip.value))],
    recurrence,
    ...(duration !== undefined && { notes: `Takes ${duration}.` }),
  };
}
