import { addMonths, addWorkingDays, at, dayOf, dayOfTime, daysInMonth, isRealDate, mondayOf, partsOf, weekdayOf, type Day, type WallTime } from './civil.ts';
import { doubtfulWeekdays, holidays, months, nthWeekday } from './date-words.ts';
import { count, duration, monthName, ordinal, twoDigitYear, weekday, year, type Length } from './date-numbers.ts';
import { longest, map, maybe, once, rx, seq, word, type Parser, type Scan } from './grammar.ts';

/**
 * A day found in a text. `open` says what the text left open, so that a range may settle it otherwise than "the next one from today".
 * `weak` marks words that are a date only beside another part of one.
 */
export interface DayValue {
  kind: 'day';
  day: Day;
  open?: 'year' | 'month' | 'week';
  weak?: boolean;
  /** Bare number of a day in a month, as in "the 4th". */
  monthDay?: number;
  /** The words are relative to today ("tomorrow"), so an explicit date beside them wins. */
  relative?: boolean;
  /** A weekday of a named week, as "Friday next week". */
  ofWeek?: boolean;
}

/** An exact moment, as "now" or "two hours ago". */
export interface MomentValue {
  kind: 'moment';
  time: WallTime;
  grain: 'second' | 'minute' | 'hour';
}

const dayValue = (day: Day, more: Partial<DayValue> = {}): DayValue => ({ kind: 'day', day, ...more });

/** The next such day from today on; 29 February waits for a leap year. */
export function nextDate(today: Day, month: number, day: number): Day | null {
  const { year: now } = partsOf(today);
  for (let y = now; y <= now + 8; y++) if (isRealDate(y, month, day) && dayOf(y, month, day) >= today) return dayOf(y, month, day);
  return null;
}

/** The next day with this number, in this month or a later one that has it. */
function nextMonthDay(today: Day, day: number): Day | null {
  const { year: y, month: m } = partsOf(today);
  for (let k = 0; k < 3; k++) {
    const first = addMonths(dayOf(y, m, 1), k);
    const p = partsOf(first);
    if (isRealDate(p.year, p.month, day) && first + day - 1 >= today) return first + day - 1;
  }
  return null;
}

const real = (y: number, m: number, d: number): DayValue | null => (isRealDate(y, m, d) ? dayValue(dayOf(y, m, d)) : null);

function dated(month: number, day: number, y: number | undefined, { today }: Scan): DayValue | null {
  if (y !== undefined) return real(y, month, day);
  const next = nextDate(today, month, day);
  return next === null ? null : dayValue(next, { open: 'year' });
}

/** Two numbers that are month and day in American order unless only the other order is a date. */
function numeric(a: number, b: number, y: number | undefined, scan: Scan): DayValue | null {
  return dated(a, b, y, scan) ?? dated(b, a, y, scan);
}

function fullYear(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const digits = text.replace("'", '');
  return digits.length > 2 ? Number(digits) : twoDigitYear(Number(digits));
}

const end = String.raw`(?![\d/]|[.:-]\d|\s?%|[a-z])`;
const monthWords = Object.keys(months)
  .sort((a, b) => b.length - a.length)
  .join('|');
/** Quarters, halves and idioms in the shape of a date. */
const fractions = new Set(['1/2', '1/3', '2/3', '1/4', '3/4', '1/5', '1/8', '24/7', '50/50', '20/20']);

const written: Parser<DayValue> = longest(
  rx(String.raw`(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/]|[.:-]\d)`, ([, y, , m, d]) => real(Number(y), Number(m), Number(d))),
  rx(String.raw`(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|'?\d\d)${end}`, ([, a, , b, y], scan) => numeric(Number(a), Number(b), fullYear(y), scan)),
  rx(String.raw`(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?=-\d{1,2}\2\d{1,2}\2\d{4}(?!\d))`, ([, a, , b, y], scan) => numeric(Number(a), Number(b), Number(y), scan)),
  rx(
    String.raw`(\d{1,2})\/(\d{1,2})(?![\d/]|[.:]\d|\s?%|[a-z]|-\d{1,4}(?![\d/]))(?<!\b(?:apartment|apt|flat|suite|unit|size|room|scored?|score of|rated?|ratio|page|section|grade) \d{1,2}\/\d{1,2})`,
    ([all, a, b], scan) => (fractions.has(all!) ? null : numeric(Number(a), Number(b), undefined, scan)),
  ),
  rx(String.raw`(0\d)-([0-3]\d)${end}`, ([, a, b], scan) => numeric(Number(a), Number(b), undefined, scan)),
  rx(
    String.raw`(\d{1,2})[-.](\d{1,2})${end}(?!(?<=-\d{1,2}) (?:today|tonight|tomorrow|on |every|each|daily|(?:mon|tues|wednes|thurs|fri|satur|sun)day))`,
    ([, a, b], scan) => weak(numeric(Number(a), Number(b), undefined, scan)),
  ),
  rx(String.raw`(\d{4})(\d\d)(\d\d)(?![\da-z]|[.:/-]\d)`, ([, y, m, d]) =>
    Number(y) >= 1900 && Number(y) <= 2100 ? real(Number(y), Number(m), Number(d)) : null,
  ),
  rx(String.raw`(\d{1,2})[-/. ]?(${monthWords})\.?[-/., ]{1,2}(\d{4}|'?\d\d)(?![\d:])(?!\s?[ap]\.?m)`, ([, d, m, y]) =>
    real(fullYear(y)!, months[m!]!, Number(d)),
  ),
  rx(String.raw`(\d{4})[-/. ](${monthWords})\.?[-/. ](\d{1,2})(?![\d:])`, ([, y, m, d]) => real(Number(y), months[m!]!, Number(d))),
  rx(String.raw`(${monthWords})\.?[-/](\d{1,2})[-/, ]{1,2}(\d{4}|'?\d\d)(?![\d:])`, ([, m, d, y]) => real(fullYear(y)!, months[m!]!, Number(d))),
  rx(String.raw`(${monthWords})\.?[-/](\d{1,2})(?![\d:])`, ([, m, d], scan) => dated(months[m!]!, Number(d), undefined, scan)),
  rx(String.raw`(\d{1,2})[-/]?(${monthWords})(?![a-z])`, ([, d, m], scan) => dated(months[m!]!, Number(d), undefined, scan)),
);

function weak(value: DayValue | null): DayValue | null {
  return value && { ...value, weak: true };
}

const dayNumber: Parser<number> = longest(
  rx(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?![\d:a-z]|[./]\d)(?!\s?(?:[ap]\.?m\b|o'?clock|%))`, ([, n]) =>
    Number(n) >= 1 && Number(n) <= 31 ? Number(n) : null,
  ),
  map(ordinal, (n) => (n >= 1 && n <= 31 ? n : null)),
);
const spokenDay: Parser<number> = longest(
  dayNumber,
  map(count, (n) => (n >= 1 && n <= 31 ? n : null)),
);

const the = maybe(word('the'));
const of = maybe(word('of|in'));
const relativeYear: Parser<number> = seq(
  [maybe(word('of|in')), rx(String.raw`(this|next|last|the current|the following|the coming) year(?!s)\b`, ([, w]) => w!)],
  ([, w], { today }) => partsOf(today).year + (w === 'last' ? -1 : w === 'this' || w === 'the current' ? 0 : 1),
);
const yearAfter: Parser<number | undefined> = maybe(
  longest(
    seq([maybe(word('of|in|year|the year|of the year|in the year')), year], ([, y]) => y),
    relativeYear,
  ),
);

const worded: Parser<DayValue> = longest(
  seq([monthName, the, dayNumber, yearAfter], ([m, , d, y], scan) => dated(m, d, y, scan)),
  seq([spokenDay, maybe(word('day')), of, monthName, yearAfter], ([d, , , m, y], scan) => dated(m, d, y, scan)),
  seq([word('the'), spokenDay, maybe(word('day')), of, monthName, yearAfter], ([, d, , , m, y], scan) => dated(m, d, y, scan)),
  seq([year, monthName, dayNumber], ([y, m, d], scan) => dated(m, d, y, scan)),
  seq([year, the, dayNumber, of, monthName], ([y, , d, , m], scan) => dated(m, d, y, scan)),
  seq([monthName, the, rx('last', () => true), word('day'), yearAfter], ([m, , , , y], { today }) => {
    const value = y ?? partsOf(today).year;
    return dayValue(dayOf(value, m, daysInMonth(value, m)));
  }),
);

/** "March fifteen": only a month before it makes a spoken number a day. */
const spokenAfter: Parser<DayValue> = seq([monthName, map(count, (n) => (n >= 1 && n <= 31 ? n : null)), yearAfter], ([m, d, y], scan) => dated(m, d, y, scan));

const offsets: Readonly<Record<string, number>> = {
  today: 0,
  tomorrow: 1,
  tomorow: 1,
  tommorow: 1,
  tommorrow: 1,
  tomorrows: 1,
  overmorrow: 2,
  tmrw: 1,
  tmr: 1,
  tmw: 1,
  yesterday: -1,
  'day after tomorrow': 2,
  'the day after tomorrow': 2,
  'day before yesterday': -2,
  'the day before yesterday': -2,
  'the day before': -1,
  'previous day': -1,
  'the previous day': -1,
  'last day': -1,
  'the next day': 1,
  'next day': 1,
  'following day': 1,
  'the following day': 1,
  'the day after': 1,
  'the very next day': 1,
  'this day': 0,
  'the same day': 0,
  'current day': 0,
  'the current day': 0,
};
const near: Parser<DayValue> = rx(
  `(${Object.keys(offsets)
    .sort((a, b) => b.length - a.length)
    .join('|')})(?:'s)?(?![a-z0-9])(?!\\s+(?:of|in)\\s)`,
  ([, w], { today }) => dayValue(today + offsets[w!]!, { relative: true }),
);

const pastWords = 'last|previous|this past';
/**
 * Weekdays: "this", "next" and "last" name the day of this, the next and the last week (Monday first); "coming" is the first one ahead, "past"
 * the nearest behind, and without any word it is today or the first one ahead.
 */
const weekdays: Parser<DayValue> = longest(
  (scan, from) => {
    const hit = weekday(scan, from);
    if (!hit) return null;
    const doubtful = doubtfulWeekdays.has(scan.text.slice(from, hit.end).replace('.', ''));
    return { end: hit.end, value: dayValue(ahead(scan.today, hit.value), { open: 'week', ...(doubtful && { weak: true }) }) };
  },
  seq(
    [
      rx(`(next|the following|following|${pastWords}|this coming|coming|the coming|upcoming|this upcoming|past|the past|this|current)(?![a-z])`, ([, w]) => w!),
      maybe(rx(String.raw`week'?s?\b`, () => true)),
      weekday,
    ],
    ([w, , n], { today }) => dayValue(relativeWeekday(w, n, today)),
  ),
  seq([weekday, maybe(word('of')), rx('(this|next|last|the following|previous) week', ([, w]) => w!)], ([n, , w], { today }) =>
    dayValue(relativeWeekday(w, n, today), { ofWeek: true }),
  ),
  seq([rx('(this|next|last) week', ([, w]) => w!), maybe(word('on')), weekday], ([w, , n], { today }) => dayValue(relativeWeekday(w, n, today))),
  seq([maybe(word('the')), weekday, word('after next')], ([, n], { today }) => dayValue(relativeWeekday('next', n, today) + 7)),
  seq([weekday, rx('week(?![a-z])(?! of| com| beg| start| end)', () => true)], ([n], { today }) => dayValue(ahead(today, n) + 7)),
);

const ahead = (today: Day, n: number): Day => today + ((n - weekdayOf(today) + 7) % 7);

function relativeWeekday(words: string, n: number, today: Day): Day {
  const inWeek = mondayOf(today) + n - 1;
  if (/coming/.test(words)) return today + ((n - weekdayOf(today) + 6) % 7) + 1;
  if (words === 'past' || words === 'the past' || words === 'this past') return today - (((weekdayOf(today) - n + 6) % 7) + 1);
  if (/next|following/.test(words)) return inWeek + 7;
  return /last|previous/.test(words) ? inWeek - 7 : inWeek;
}

/** "Tuesday the 4th", "Friday 13th": of this month where the weekday fits, else of the next month where it does. */
const weekdayNth: Parser<DayValue> = seq([weekday, the, rx(String.raw`(\d{1,2})(?:st|nd|rd|th)(?![a-z])`, ([, n]) => Number(n))], ([w, , n], { today }) => {
  const { year: y, month: m } = partsOf(today);
  for (let k = 0; k < 14; k++) {
    const p = partsOf(addMonths(dayOf(y, m, 1), k));
    if (isRealDate(p.year, p.month, n) && weekdayOf(dayOf(p.year, p.month, n)) === w) return dayValue(dayOf(p.year, p.month, n));
  }
  return null;
});
const spokenNth: Parser<DayValue> = seq(
  [weekday, word('the'), ordinal],
  ([w, , n], scan) => weekdayNth({ ...scan, text: `${dayNames[w]} the ${n}th` }, 0)?.value ?? null,
);
const dayNames = ['', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** "on the twenty second" is a day only where nothing follows that the number could belong to. */
const dayLead = /(?:^|\s)(?:on|by|until|till|before|after|since)\s$/;
const dayTail = rx(String.raw`(?=\s*(?:$|[.,;!?)]|at |from |in the |this |next ))`, () => true);

/** "the 15th", "the 3rd of next month". */
const monthDay: Parser<DayValue> = longest(
  seq(
    [
      word('the'),
      rx(
        String.raw`(\d{1,2})(?:st|nd|rd|th)(?![a-z])(?!\s+(?:of|floor|street|avenue|time|grade|century|anniversary|birthday|place|edition|quarter|week|month|year|hour|day|half|season|episode|round|item|one|most|best|president|amendment|person)\b)`,
        ([, n]) => Number(n),
      ),
    ],
    ([, n], { today }) => {
      const next = n >= 1 && n <= 31 ? nextMonthDay(today, n) : null;
      return next === null ? null : dayValue(next, { open: 'month', monthDay: n });
    },
  ),
  (scan, from) =>
    dayLead.test(scan.text.slice(Math.max(0, from - 7), from))
      ? seq([word('the'), ordinal, dayTail], ([, n], { today }) => {
          const next = n <= 31 ? nextMonthDay(today, n) : null;
          return next === null ? null : dayValue(next, { open: 'month', monthDay: n });
        })(scan, from)
      : null,
  seq([rx(String.raw`(?:on )(\d{1,2})(?:(?:st|nd|rd|th)(?![a-z])|(?=\s*(?:[.?!;]|$)))`, ([, n]) => Number(n))], ([n], { today }) => {
    const next = n >= 1 && n <= 31 ? nextMonthDay(today, n) : null;
    return next === null ? null : dayValue(next, { open: 'month', monthDay: n });
  }),
  seq(
    [the, dayNumber, maybe(word('day')), word('of|in'), rx('(this|next|last|the|the current|the following) month', ([, w]) => w!)],
    ([, n, , , w], { today }) => {
      const p = partsOf(addMonths(today - partsOf(today).day + 1, /next|following/.test(w) ? 1 : w === 'last' ? -1 : 0));
      return real(p.year, p.month, n);
    },
  ),
  seq([rx('(this|next|last) month', ([, w]) => w!), maybe(word('on')), word('the'), dayNumber], ([w, , , n], { today }) => {
    const p = partsOf(addMonths(today - partsOf(today).day + 1, w === 'next' ? 1 : w === 'last' ? -1 : 0));
    return real(p.year, p.month, n);
  }),
);

const which: Parser<number> = longest(
  map(ordinal, (n) => (n <= 5 ? n : null)),
  map(word('last|final'), () => -1),
);
const nthOfMonth: Parser<DayValue> = longest(
  seq([the, which, weekday, word('of|in'), maybe(word('the month of')), monthName, yearAfter], ([, n, w, , , m, y], { today }) => {
    const { year: now } = partsOf(today);
    const thisYear = nthWeekday(y ?? now, m, w, n);
    return y !== undefined ? dayValue(thisYear) : dayValue(thisYear >= today ? thisYear : nthWeekday(now + 1, m, w, n), { open: 'year' });
  }),
  seq([the, which, weekday, word('of|in'), rx('(this|next|last|the|each) month', ([, w]) => w!)], ([, n, w, , rel], { today }) => {
    const p = partsOf(addMonths(today - partsOf(today).day + 1, rel === 'next' ? 1 : rel === 'last' ? -1 : 0));
    return dayValue(nthWeekday(p.year, p.month, w, n));
  }),
  seq(
    [the, which, word('day'), word('of|in'), rx('(this|next|last|the|the following) (month|year|week)', (g) => [g[1]!, g[2]!] as const)],
    ([, n, , , [rel, u]], { today }) => dayValue(edgeDay(n, rel, u, today)),
  ),
  seq([the, which, word('day'), word('of|in'), monthName, yearAfter], ([, n, , , m, y], { today }) => {
    const value = y ?? partsOf(nextDate(today, m, 1) ?? today).year;
    return dayValue(n > 0 ? dayOf(value, m, n) : dayOf(value, m, daysInMonth(value, m)));
  }),
  seq([the, which, word('day'), word('of|in'), year], ([, n, , , y]) => dayValue(n > 0 ? dayOf(y, 1, n) : dayOf(y, 12, 31))),
);

function edgeDay(n: number, rel: string, u: string, today: Day): Day {
  const step = /next|following/.test(rel) ? 1 : rel === 'last' ? -1 : 0;
  if (u === 'week') return mondayOf(today) + 7 * step + (n > 0 ? n - 1 : 6);
  const first = u === 'month' ? addMonths(today - partsOf(today).day + 1, step) : dayOf(partsOf(today).year + step, 1, 1);
  return n > 0 ? first + n - 1 : addMonths(first, u === 'month' ? 1 : 12) - 1;
}

/** A holiday by name, as its day in each year. */
export const holidayName: Parser<(y: number) => Day> = rx(
  `(${Object.keys(holidays)
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/s(?= |$)/g, "'?s'?").replaceAll(' ', '[ -]'))
    .join('|')})(?![a-z0-9])`,
  ([, name]) => holidays[name!.replaceAll("'", '').replaceAll('-', ' ')] ?? null,
);

const newYearLead = /\b(?:and|until|till|before|after|by)\s(?:the\s)?$/;

/** A holiday; without a year the next one from today. "new year" alone is too common a phrase to be one. */
const holiday: Parser<DayValue> = longest(
  (scan, from) => {
    const hit = seq([holidayName, yearAfter], ([on, y], { today }) => {
      if (y !== undefined) return dayValue(on(y));
      const now = partsOf(today).year;
      return dayValue(on(now) >= today ? on(now) : on(now + 1), { open: 'year' });
    })(scan, from);
    return hit && /^new year$/.test(scan.text.slice(from, hit.end)) && !newYearLead.test(scan.text.slice(Math.max(0, from - 10), from)) ? null : hit;
  },
  seq([rx('(this|next|last|coming|the coming|this coming|the next|the last)(?![a-z])', ([, w]) => w!), holidayName], ([w, on], { today }) => {
    const now = partsOf(today).year;
    if (/last/.test(w)) return dayValue(on(now) < today ? on(now) : on(now - 1));
    return dayValue(/coming|next/.test(w) && on(now) < today ? on(now + 1) : w === 'next' ? on(now + 1) : on(now));
  }),
);

/** Moves a day by a length. */
export function shiftDay(day: Day, by: Length, sign: 1 | -1): Day {
  const moved = addMonths(day, sign * by.months) + sign * by.days;
  return by.workdays ? addWorkingDays(moved, sign * by.workdays) : moved;
}

/** Moves a moment by a length. */
export const shiftTime = (time: WallTime, by: Length, sign: 1 | -1): WallTime =>
  at(shiftDay(dayOfTime(time), by, sign), time - dayOfTime(time) * 86_400) + sign * by.seconds;

/** A date with its weekday before it; the date decides. */
const withWeekday: Parser<DayValue> = seq([weekday, maybe(word('the')), longest(written, worded, spokenAfter)], ([, , d]) => d);

const bare: Parser<DayValue> = once(longest(withWeekday, written, worded, spokenAfter, near, weekdays, weekdayNth, spokenNth, monthDay, nthOfMonth, holiday));

/** An anchor for "after", "before", "from". */
const anchor: Parser<DayValue> = longest(
  map(bare, (d) => d),
  seq([word('on|the'), bare], ([, d]) => d),
);
const wholeDays = map(duration, (d) => (d.seconds === 0 ? d : null));

const several: Parser<number> = map(count, (n) => (n >= 1 && n <= 200 ? n : null));
const weekdayMany: Parser<number> = rx(
  '(mon|tues|wednes|thurs|fri|satur|sun)days?(?![a-z])',
  ([, w]) => ['mon', 'tues', 'wednes', 'thurs', 'fri', 'satur', 'sun'].indexOf(w!) + 1,
);

const moved: Parser<DayValue> = longest(
  seq([wholeDays, rx(`(after|from|since|following|past)(?![a-z])`, ([, w]) => w!), anchor], ([by, , from]) => dayValue(shiftDay(from.day, by, 1))),
  seq([wholeDays, rx(`(before|prior to|preceding|ahead of|until|till)(?![a-z])`, ([, w]) => w!), anchor], ([by, , from]) =>
    dayValue(shiftDay(from.day, by, -1)),
  ),
  seq([word('the day|day'), word('after|following'), anchor], ([, , from]) => dayValue(from.day + 1)),
  seq([word('the day|day'), word('before|preceding'), anchor], ([, , from]) => dayValue(from.day - 1)),
  seq([weekday, word('after|following'), map(bare, (d) => d)], ([w, , from]) => dayValue(from.day + (((w - weekdayOf(from.day) + 6) % 7) + 1))),
  seq([weekday, word('before|preceding|prior to'), map(bare, (d) => d)], ([w, , from]) => dayValue(from.day - (((weekdayOf(from.day) - w + 6) % 7) + 1))),
  seq([several, weekdayMany, word('ago')], ([n, w], { today }) => dayValue(relativeWeekday('past', w, today) - 7 * (n - 1))),
  seq([several, weekdayMany, word('from now|from today|hence')], ([n, w], { today }) => dayValue(relativeWeekday('coming', w, today) + 7 * (n - 1))),
  seq([wholeDays, word('ago|back|earlier|before now|prior|before')], ([by], { today }) => dayValue(shiftDay(today, by, -1))),
  seq(
    [wholeDays, rx(String.raw`(?:from now|from today|from this day|later|hence|after now|after today|out from now|away)(?![a-z])`, () => true)],
    ([by], { today }) => dayValue(shiftDay(today, by, 1)),
  ),
  seq(
    [rx(`in(?: about| around| exactly)?(?! the)(?![a-z])`, () => true), wholeDays, maybe(rx(String.raw`'?s?'? ?time(?![a-z])`, () => true))],
    ([, by], { today }) => dayValue(shiftDay(today, by, 1)),
  ),
);

/** "Monday two weeks from now": that weekday in the week, counted from Sunday, where the words before it lead. */
const inMovedWeek: Parser<DayValue> = seq([weekday, maybe(word('in')), moved], ([w, , to]) => dayValue(to.day - (weekdayOf(to.day) % 7) + (w % 7)));

/** One day, in any of the ways to say it. */
export const day: Parser<DayValue> = once(longest(moved, inMovedWeek, bare));

const clockLength = map(duration, (d) => (d.seconds !== 0 ? d : null));
const fine = (d: Length): 'second' | 'minute' | 'hour' => (d.unit === 'second' ? 'second' : d.unit === 'hour' ? 'hour' : 'minute');
const moment = (time: WallTime, grain: 'second' | 'minute' | 'hour' = 'minute'): MomentValue => ({ kind: 'moment', time, grain });

/** "now", "in 5 minutes", "an hour ago", "30 minutes later". */
export const momentOf: Parser<MomentValue> = longest(
  rx(String.raw`\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:z|[+-]\d\d:?\d\d)(?![a-z0-9])`, ([text], { local }) => {
    const time = local(text!.replace(/ (?=z|[+-])/, ''));
    return time === undefined ? null : moment(time, 'second');
  }),
  rx(String.raw`(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(z)?(?![a-z0-9])`, ([, y, m, d, hour, minute, second, z], { local }) => {
    const time = local(`${y}-${m}-${d}T${hour}:${minute}:${second ?? '00'}${z ?? ''}`);
    return time === undefined ? null : moment(time, second === undefined ? 'minute' : 'second');
  }),
  rx(
    String.raw`(?:right now|just now|now|at the moment|at this moment|at the minute|at this minute|at this time|at the present time|at present|as soon as possible|asap|immediately)(?![a-z0-9])(?! and then| and again|adays| playing| serving| hiring)`,
    (_, { now }) => moment(now, 'second'),
  ),
  seq([word('this time|at this time|the same time|at the same time|same time'), day], ([, d], { now }) => moment(at(d.day, now - dayOfTime(now) * 86_400))),
  seq([clockLength, word('ago|earlier|before now|back|prior')], ([by], { now }) => moment(shiftTime(now, by, -1), fine(by))),
  seq([clockLength, rx(`(?:from now|later|hence|after now|from this moment)(?![a-z])`, () => true)], ([by], { now }) =>
    moment(shiftTime(now, by, 1), fine(by)),
  ),
  seq(
    [rx(`in(?: about| around| exactly| just)?(?! the)(?![a-z])`, () => true), clockLength, maybe(rx(String.raw`'?s?'? ?time(?![a-z])`, () => true))],
    ([, by], { now }) => moment(shiftTime(now, by, 1), fine(by)),
  ),
);
