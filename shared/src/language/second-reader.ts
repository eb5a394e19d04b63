import { casual, strict } from 'chrono-node/en';
import { at, dayOf, isRealDate, weekdayOf, type WallTime } from './civil.ts';
import { fixedZone, zoneNamed, type Zone } from './zone.ts';

/** A zone said behind a time of day. The place is that of the clock and of the words of the zone, as offsets of UTF-16 units. */
export interface SaidZone {
  clockFrom: number;
  clockTo: number;
  zoneFrom: number;
  zoneTo: number;
  /** The clock in seconds after midnight as the second reader has it; the first reader must have the same. */
  seconds: number;
  said: string;
  zone: Zone;
  /** Beside UTC and offsets the clock has 24 hours; beside other names "3:00" may be an afternoon. */
  is24: boolean;
}

/** A stamp as programs write them, with every part in the text. Without a zone it is the user's own clock. */
export interface Stamp {
  from: number;
  to: number;
  time: WallTime;
  grain: 'second' | 'minute';
  zone?: { said: string; zone: Zone };
}

/**
 * Names whose offset chrono knows rightly and that mean one thing: those of RFC 5322 §4.3 and some more. Left out are names of several meanings
 * (IST, BST, AST), names that are words (WEST, EAT, GET) and names of which chrono has a wrong or outdated offset (NST, OMST).
 */
const plain = 'UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|CEST'.split('|');
/** The same, but read only in capitals. */
const capital = 'ET|CT|MT|PT|AKST|AKDT|HST|EET|EEST|MSK|JST|KST|SGT|HKT|NZST|NZDT|AEST|AEDT|ACST|ACDT|AWST|SAST|BRT'.split('|');
/** Names of a place's clock through the year, by the IANA database; chrono reckons their changes by the clock of the machine. */
const moving: Readonly<Record<string, string>> = {
  ET: 'America/New_York',
  CT: 'America/Chicago',
  MT: 'America/Denver',
  PT: 'America/Los_Angeles',
  CET: 'Europe/Brussels',
  EET: 'Europe/Athens',
};
const regions = { eastern: 'E', central: 'C', mountain: 'M', pacific: 'P' };
const spelled: Readonly<Record<string, string>> = {
  'central european time': 'CET',
  'central european standard time': 'CET',
  'central european summer time': 'CEST',
  ...Object.fromEntries(
    Object.entries(regions).flatMap(([region, letter]) => [
      [`${region} standard time`, `${letter}ST`],
      [`${region} daylight time`, `${letter}DT`],
      [`${region} time`, `${letter}T`],
      [region, `${letter}T`],
    ]),
  ),
};
/** What chrono lacks. */
const timezones = { HST: -600 };
/** Offsets in use that are no whole hours, in minutes. */
const oddOffsets: ReadonlySet<number> = new Set([-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825]);
/** Nothing is reckoned from it: only what a text says itself is taken. */
const reference = { instant: new Date(0), timezone: 0 };

/** Times of ISO 8601 with an offset are the grammar's own. */
const notIso = String.raw`(?<!\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?)`;
const clock = String.raw`(?<![\w$€£:.,/]|\d-)(?:\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}(?:\.\d\d)?\s?[ap]\.?m\b\.?|\d{1,2}\s?o'clock|noon|midnight|(?<=\bat )\d{1,2})`;
const afterDash = String.raw`(?<=\d[ ]?(?:[ap]m)?[ ]?[-–][ ]?)(?:\d{1,2}:\d\d(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?)`;
const stampClock = String.raw`(?<=\d )\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?`;
const offset = String.raw`(?<=:\d\d:\d\d(?:[.,]\d{1,6})?)[+-]\d\d(?![\d:])|(?:utc|gmt)\s?[+-]\d{1,2}(?::?\d\d)?|${notIso}(?:(?<=:\d\d:\d\d(?:[.,]\d{1,6})?|\s)-|\+)\d\d:?\d\d(?!\s?\d(?!\d{3}(?!\d)))`;
const words = Object.keys(spelled)
  .map((name) => name.replace(/time$/, 'time(?: ?zone)?'))
  .join('|');
const zoned = new RegExp(
  `(${clock}|${afterDash}|${stampClock})(?:\\s?,?\\s?\\(|\\s?)(${offset}|${words}|${[...plain, ...capital].join('|')})(?![\\w:]|[+-]\\d)(\\s?\\([a-z ]{2,40}\\)|\\))?`,
  'gi',
);
/** "3pm PT" but not "3pm PT appointment", "10am Pacific" but not "10am Pacific cruise". */
const zoneEnds =
  /^\s*(?:$|[.,;:!?)/|–-]|(?:on|at|today|tomorrow|tonight|next|this|every|each|daily|weekly|with|for|to|until|till|and|or|in|by|sharp|about|re|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)/i;
const shortOrBare = /^(?:[ECMP]T|eastern|central|mountain|pacific)$/i;
/** Anything that may be worth the second reader's time; without it a text costs one look. */
const hint = /\d\s?[ap]\.?m|\d:\d\d|noon|midnight|clock|\bat \d/i;
const most = 20;

/**
 * Zones behind times of day. Each is read only where chrono reads that very piece of the text whole, as an hour with a zone.
 * `home`: the user's offset in seconds east of UTC.
 */
export function saidZones(text: string, home: number): SaidZone[] {
  if (!hint.test(text)) return [];
  return [...take(text.matchAll(zoned))].flatMap((found) => saidZone(text, found, home) ?? []);
}

function* take<T>(all: Iterable<T>): Iterable<T> {
  let n = 0;
  for (const one of all) {
    if (++n > most) return;
    yield one;
  }
}

function saidZone(text: string, found: RegExpExecArray, home: number): SaidZone | undefined {
  const [whole, time, said] = [found[0], found[1]!, found[2]!];
  const clockFrom = found.index;
  const clockTo = clockFrom + time.length;
  const rest = text.slice(clockFrom + whole.length);
  const name = nameOf(said, home);
  if (name === undefined || (shortOrBare.test(said) && (/^\d+$/.test(time) || !zoneEnds.test(rest)))) return undefined;
  /* "at 8 am est. cost 5" */
  if (/^[a-z]+$/.test(said) && /^\.\s*[a-z0-9]/.test(rest)) return undefined;
  const asked = `${/^\d+$/.test(time) ? 'at ' : ''}${time} ${name}`;
  const [read, ...more] = casual.parse(asked, reference, { timezones });
  const minutes = read?.start.isCertain('hour') && read.start.isCertain('timezoneOffset') ? read.start.get('timezoneOffset') : null;
  if (!read || minutes === null || more.length > 0 || read.text !== asked || read.end || !isOffset(minutes)) return undefined;
  const seconds = (read.start.get('hour') ?? 0) * 3600 + (read.start.get('minute') ?? 0) * 60 + (read.start.get('second') ?? 0);
  return {
    clockFrom,
    clockTo,
    zoneFrom: clockTo,
    zoneTo: clockFrom + whole.length,
    seconds,
    said,
    zone: zoneOf(name, minutes),
    is24: /\d|^(?:UTC|GMT)$/.test(name),
  };
}

/** The short name of a zone as chrono knows it, if it may be read here. */
function nameOf(said: string, home: number): string | undefined {
  const upper = said.toUpperCase();
  /* For those who live by it, CST is the time of China. */
  if (upper === 'CST' && home === 8 * 3600) return undefined;
  if (/\d/.test(said)) return upper.replace(/\s/g, '');
  if (plain.includes(upper) || (capital.includes(upper) && said === upper)) return upper;
  return spelled[said.toLowerCase().replace(/time ?zone$/, 'time')];
}

const zoneOf = (name: string, minutes: number): Zone => (moving[name] ? zoneNamed(moving[name]) : fixedZone(name, minutes));

const isOffset = (minutes: number): boolean => (minutes % 60 === 0 && minutes >= -720 && minutes <= 840) || oddOffsets.has(minutes);

/** A clock with the year behind it (`ctime`, `date`), or with the date before a colon (logs of web servers). */
const stampMarks = /:\d\d:\d\d(?:[.,]\d{1,9})?\s(?:[A-Z]{2,5}\s|[+-]\d{4}\s)?\d{4}(?![\d:-])|\d\/[a-z]{3}\/\d{4}:\d\d:\d\d/gi;
/** `git log` has the year before the offset, which chrono knows only the other way round. */
const yearFirst = /(:\d\d) (\d{4}) ([+-]\d{4})(?!\d)/;
const stampWords = /^(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|t|z)$/i;

/** Machine stamps that only the second reader knows whole. Each has its year, month, day, hour and minute in the text. */
export function stamps(text: string, home: number): Stamp[] {
  const found: Stamp[] = [];
  for (const mark of take(text.matchAll(stampMarks))) {
    const start = Math.max(0, text.lastIndexOf('\n', mark.index) + 1, mark.index - 30);
    const line = text.slice(start, mark.index + mark[0].length + 20).replace(yearFirst, '$1 $3 $2');
    const inside = mark.index - start;
    for (const read of strict.parse(line, reference, { timezones })) {
      const stamp = read.index <= inside && read.index + read.text.length > inside ? stampOf(read, home) : undefined;
      if (stamp) found.push({ ...stamp, from: start + read.index, to: start + read.index + read.text.length });
    }
  }
  return found;
}

const parts = ['year', 'month', 'day', 'hour', 'minute'] as const;

function stampOf({ start, end, text }: ReturnType<typeof strict.parse>[number], home: number): Omit<Stamp, 'from' | 'to'> | undefined {
  if (end || !parts.every((part) => start.isCertain(part))) return undefined;
  const [y, m, d, hour, minute] = parts.map((part) => start.get(part)!) as [number, number, number, number, number];
  if (!isRealDate(y, m, d) || (start.isCertain('weekday') && start.get('weekday') !== weekdayOf(dayOf(y, m, d)) % 7)) return undefined;
  const time = at(dayOf(y, m, d), hour * 3600 + minute * 60 + (start.get('second') ?? 0));
  const grain = start.isCertain('second') ? 'second' : 'minute';
  const said = /[+-]\d{4}\b/.exec(text)?.[0] ?? text.match(/[a-z]+/gi)?.find((word) => !stampWords.test(word));
  const minutes = start.isCertain('timezoneOffset') ? start.get('timezoneOffset') : null;
  if (minutes === null) return said === undefined ? { time, grain } : undefined;
  const name = said === undefined ? undefined : nameOf(said, home);
  return said !== undefined && name !== undefined && isOffset(minutes) ? { time, grain, zone: { said, zone: zoneOf(name, minutes) } } : undefined;
}
