import { addMonths, at, dayOf, mondayOf, partsOf, weekdayOf, type Day, type WallTime } from './civil.ts';
import { lastSecond, months, plainMonths, seasons, type Unit } from './date-words.ts';
import { count, duration, lengthOf, monthName, ordinal, unit, year, type Length } from './date-numbers.ts';
import { day, shiftDay, shiftTime, type DayValue } from './date-days.ts';
import { longest, map, maybe, once, oneOf, rx, seq, word, type Parser } from './grammar.ts';

export type SpanGrain = 'day' | 'week' | 'month' | 'quarter' | 'year' | 'decade';

/** Days from `start` to before `end`. `edge` says which end is meant as the day ("end of the month"). */
export interface SpanValue {
  kind: 'days';
  start: Day;
  end: Day;
  grain: SpanGrain;
  open?: 'year';
  edge?: 'start' | 'end';
  /** `end` was named as the last day ("June 9 to 12"). */
  lastDay?: boolean;
  weak?: boolean;
}

/** From one moment to before another. */
export interface MomentsValue {
  kind: 'moments';
  start: WallTime;
  end: WallTime;
}

type Period = 'week' | 'fortnight' | 'month' | 'quarter' | 'year' | 'decade' | 'century' | 'weekend';
const grains: Readonly<Record<Period, SpanGrain>> = {
  week: 'week',
  fortnight: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
  decade: 'decade',
  century: 'decade',
  weekend: 'day',
};

const span = (start: Day, end: Day, grain: SpanGrain, more: Partial<SpanValue> = {}): SpanValue => ({ kind: 'days', start, end, grain, ...more });
const firstOfMonth = (d: Day): Day => d - partsOf(d).day + 1;

/** The period `step` periods away from the one that holds `today`; weeks start on Monday, a fortnight on this week's Monday. */
export function periodOf(period: Period, step: number, today: Day): SpanValue {
  const { year: y, month: m } = partsOf(today);
  const monday = mondayOf(today);
  const by = (start: Day, length: number) => span(addMonths(start, step * length), addMonths(start, (step + 1) * length), grains[period]);
  if (period === 'week') return span(monday + step * 7, monday + step * 7 + 7, 'week');
  if (period === 'fortnight') return span(monday + step * 14, monday + step * 14 + 14, 'week');
  if (period === 'weekend') return span(monday + step * 7 + 5, monday + step * 7 + 7, 'day');
  if (period === 'month') return by(firstOfMonth(today), 1);
  if (period === 'quarter') return by(dayOf(y, Math.floor((m - 1) / 3) * 3 + 1, 1), 3);
  if (period === 'year') return by(dayOf(y, 1, 1), 12);
  return by(dayOf(period === 'decade' ? Math.floor(y / 10) * 10 : Math.floor(y / 100) * 100, 1, 1), period === 'decade' ? 120 : 1200);
}

const period: Parser<Period> = rx(
  String.raw`(week|wk|fortnight|month|quarter|year|decade|century|weekend)(?:'s)?(?![a-z0-9])`,
  ([, w]) => (w === 'wk' ? 'week' : w) as Period,
);
const steps: Readonly<Record<string, number>> = {
  this: 0,
  current: 0,
  'the current': 0,
  'this current': 0,
  'this very': 0,
  next: 1,
  coming: 1,
  'the coming': 1,
  'this coming': 1,
  upcoming: 1,
  'the upcoming': 1,
  following: 1,
  'the following': 1,
  'the next': 1,
  'this next': 1,
  last: -1,
  previous: -1,
  past: -1,
  'the last': -1,
  'the previous': -1,
  'the past': -1,
  'this past': -1,
};
const step = oneOf(steps);

/** "this week", "next quarter", "the weekend". A bare "the week" means the current one and is weak. */
const named: Parser<SpanValue> = longest(
  seq([word('the coming|this coming|coming|the upcoming|upcoming'), word('weekend')], (_, { today }) =>
    periodOf('weekend', weekdayOf(today) <= 5 ? 0 : 1, today),
  ),
  seq([map(count, (n) => (n >= 1 && n <= 200 ? n : null)), word('weekends ago|weekend ago')], ([n], { today }) => periodOf('weekend', -n, today)),
  seq([step, period], ([n, p], { today }) => periodOf(p, n, today)),
  seq([step, rx('(?:calendar|business|working|work|fiscal|financial) (week|month|quarter|year)(?![a-z])', ([, w]) => w as Period)], ([n, p], { today }) =>
    periodOf(p, n, today),
  ),
  seq([maybe(word('the')), rx('(week|weekend|month|quarter|year|decade)(?![a-z])', ([, p]) => p as Period), word('after next')], ([, p], { today }) =>
    periodOf(p, 2, today),
  ),
  seq([maybe(word('the')), rx('(week|weekend|month|quarter|year|decade)(?![a-z])', ([, p]) => p as Period), word('before last')], ([, p], { today }) =>
    periodOf(p, -2, today),
  ),
  seq([word('at the|over the|on the|the'), word('weekend')], (_, { today }) => periodOf('weekend', 0, today)),
  seq([period, word('from now|from today|from this one|hence')], ([p], { today }) => (p === 'weekend' ? periodOf(p, 1, today) : null)),
);

const quarterNumber: Parser<number> = longest(
  rx(String.raw`q([1-4])(?![a-z0-9])`, ([, n]) => Number(n)),
  seq([maybe(word('the')), map(ordinal, (n) => (n <= 4 ? n : null)), word('quarter|qtr')], ([, n]) => n),
  seq([word('quarter'), map(count, (n) => (n >= 1 && n <= 4 ? n : null))], ([, n]) => n),
);
const inYear: Parser<number | undefined> = maybe(
  longest(
    seq([rx('(?:(?:of|in)(?: the)? )?(?:year(?: of)? )?', () => true), year], ([, y]) => y),
    rx(`'?(\\d\\d)(?![\\d:/]|st|nd|rd|th)`, ([, n]) => 2000 + Number(n)),
  ),
);
const relYear: Parser<number> = seq(
  [maybe(word('of|in')), rx('(this|next|last|the current|the) year(?![a-z])', ([, w]) => w!)],
  ([, w], { today }) => partsOf(today).year + (w === 'next' ? 1 : w === 'last' ? -1 : 0),
);
const ofYear: Parser<number | undefined> = longest(
  map(relYear, (y) => y as number | undefined),
  inYear,
);

function slice(y: number, firstMonth: number, length: number, grain: SpanGrain, more: Partial<SpanValue> = {}): SpanValue {
  const start = dayOf(y, firstMonth, 1);
  return span(start, addMonths(start, length), grain, more);
}

const quarters: Parser<SpanValue> = longest(
  seq([quarterNumber, ofYear], ([q, y], { today }) => slice(y ?? partsOf(today).year, q * 3 - 2, 3, 'quarter', y === undefined ? { open: 'year' } : {})),
  seq([year, rx('[-/ ]?q([1-4])(?![a-z0-9])', ([, n]) => Number(n))], ([y, q]) => slice(y, q * 3 - 2, 3, 'quarter')),
  seq(
    [
      maybe(word('the')),
      rx('(first|second|1st|2nd) half(?! an?)(?: of the year| of this year)?(?![a-z])(?! of the| of my| of our| hour| of \\w+day)', ([, w]) =>
        /1st|first/.test(w!) ? 1 : 7,
      ),
      ofYear,
    ],
    ([, m, y], { today }) => slice(y ?? partsOf(today).year, m, 6, 'month'),
  ),
  seq(
    [maybe(word('the')), rx('(first|second|1st|2nd|last) half(?![a-z])', ([, w]) => /1st|first/.test(w!)), word('of|in'), monthOf],
    ([, early, , { year: y, month: m, open }], { today }) => {
      const month = open ? monthSpan(m, undefined, today) : slice(y, m, 1, 'month');
      return early ? span(month.start, month.start + 15, 'month') : span(month.start + 15, month.end, 'month');
    },
  ),
  seq([rx('h([12])(?![a-z0-9])', ([, n]) => (n === '1' ? 1 : 7)), ofYear], ([m, y], { today }) =>
    y === undefined ? null : slice(y ?? partsOf(today).year, m, 6, 'month'),
  ),
);

/** The month on or after the current one; a month that is over means next year. */
const monthSpan = (m: number, y: number | undefined, today: Day): SpanValue => {
  const now = partsOf(today);
  return slice(y ?? (m >= now.month ? now.year : now.year + 1), m, 1, 'month', y === undefined ? { open: 'year' } : {});
};

const wholeMonth: Parser<SpanValue> = longest(
  (scan, at) => {
    const hit = monthName(scan, at);
    if (!hit) return null;
    const plain = plainMonths.test(scan.text.slice(at, hit.end));
    return { end: hit.end, value: { ...monthSpan(hit.value, undefined, scan.today), ...(!plain && { weak: true }) } };
  },
  seq([maybe(word('the month of|month of')), monthName, maybe(word('of|in')), year], ([, m, , y]) => slice(y, m, 1, 'month')),
  seq([word('the month of|month of'), monthName], ([, m], { today }) => monthSpan(m, undefined, today)),
  seq([year, monthName], ([y, m]) => slice(y, m, 1, 'month')),
  seq([rx(`(${Object.keys(months).join('|')})[-/ ]'?(\\d\\d)(?![\\d:/]|st|nd|rd|th|\\s?[ap]\\.?m)`, (g) => g)], ([[, m, y]]) =>
    Number(y) > 31 ? slice(Number(y) >= 90 ? 1900 + Number(y) : 2000 + Number(y), months[m!]!, 1, 'month') : null,
  ),
  rx(String.raw`(1[0-2]|0[1-9]|[1-9])[/-](19\d\d|20\d\d)(?![\d/-])`, ([, m, y]) => slice(Number(y), Number(m), 1, 'month')),
  rx(`(${Object.keys(months).join('|')})[-/.](19\\d\\d|20\\d\\d)(?![\\d/-])`, ([, m, y]) => slice(Number(y), months[m!]!, 1, 'month')),
  rx(String.raw`(19\d\d|20\d\d)[/-](1[0-2]|0?[1-9])(?![\d/-]|[.:]\d|[a-z]|\s?%)`, ([, y, m]) => slice(Number(y), Number(m), 1, 'month')),
  seq([monthName, relYear], ([m, y]) => slice(y, m, 1, 'month')),
  seq([rx('(this|next|last|this past|this coming|coming|past)(?![a-z])', ([, w]) => w!), monthName], ([w, m], { today }) => relativeMonth(w, m, today)),
);

function relativeMonth(words: string, m: number, today: Day): SpanValue {
  const { year: y, month } = partsOf(today);
  if (words === 'last' || /past/.test(words)) return slice(m < month ? (words === 'last' ? y - 1 + (m < month ? 0 : 0) : y) : y - 1, m, 1, 'month');
  if (words === 'next') return slice(y + 1, m, 1, 'month');
  return slice(words === 'this' || m >= month ? y : y + 1, m, 1, 'month');
}

const years: Parser<SpanValue> = longest(
  map(year, (y) => slice(y, 1, 12, 'year')),
  seq([word('the year of|year of|the year|year|fiscal year|calendar year|fy'), year], ([, y]) => slice(y, 1, 12, 'year')),
  rx(String.raw`fy\s?'?(\d\d)(?![a-z0-9])`, ([, y]) => slice(2000 + Number(y), 1, 12, 'year')),
);

const decadeWords: Readonly<Record<string, number>> = {
  twenties: 20,
  thirties: 30,
  forties: 40,
  fifties: 50,
  sixties: 60,
  seventies: 70,
  eighties: 80,
  nineties: 90,
};
const decades: Parser<SpanValue> = longest(
  rx(String.raw`(?:the )?((?:1[5-9]|20)\d)0'?s(?![a-z])`, ([, d]) => slice(Number(d) * 10, 1, 120, 'decade')),
  rx(String.raw`(?:the )?'?([2-9])0'?s(?![a-z])`, ([, d]) => slice(1900 + Number(d) * 10, 1, 120, 'decade')),
  seq(
    [maybe(word('the')), rx('(nineteen|eighteen|twenty)', ([, w]) => ({ nineteen: 1900, eighteen: 1800, twenty: 2000 })[w!] ?? null), oneOf(decadeWords)],
    ([, c, d]) => slice(c + d, 1, 120, 'decade'),
  ),
  seq([word('the'), oneOf(decadeWords)], ([, d]) => slice(1900 + d, 1, 120, 'decade')),
  seq([maybe(word('the')), rx(`(\\d{1,2})(?:st|nd|rd|th) century(?![a-z])`, ([, n]) => Number(n))], ([, n]) => slice((n - 1) * 100, 1, 1200, 'decade')),
);

const seasonSpan: Parser<SpanValue> = longest(
  seq([rx('(this|next|last)(?![a-z])', ([, w]) => w!), oneOf(seasons), maybe(year)], ([w, m, y], { today }) =>
    slice(y ?? partsOf(today).year + (w === 'next' ? 1 : w === 'last' ? -1 : 0), m, 3, 'quarter'),
  ),
  seq([oneOf(seasons), maybe(word('of')), year], ([m, , y]) => slice(y, m, 3, 'quarter')),
  seq([word('in the|during the|over the'), oneOf(seasons)], ([, m], { today }) => {
    const now = partsOf(today);
    return slice(m + 2 >= now.month ? now.year : now.year + 1, m, 3, 'quarter');
  }),
);

/** A day with or without its article, which "the 18th" needs. */
const theDay: Parser<DayValue> = longest(
  map(day, (d) => d),
  seq([word('the'), day], ([, d]) => d),
);

/** The week that holds a day, in the phrases that name it so. */
const weekOf: Parser<SpanValue> = longest(
  seq(
    [
      maybe(word('the')),
      word('week'),
      word('of|commencing|beginning|starting|starting on|beginning on|from|with|including|containing|w/c'),
      maybe(word('on')),
      theDay,
    ],
    ([, , , , d]) => span(mondayOf(d.day), mondayOf(d.day) + 7, 'week'),
  ),
  seq(
    [
      maybe(word('the')),
      rx('(week|weekend)(?![a-z])', ([, p]) => p as Period),
      rx('(before|after|following)(?![a-z])', ([, w]) => (w === 'before' ? -1 : 1)),
      theDay,
    ],
    ([, p, n, d]) => periodOf(p, n, d.day),
  ),
  seq([maybe(word('the')), word('week'), word('ending|ending on'), day], ([, , , d]) => span(d.day - 6, d.day + 1, 'week')),
  seq([maybe(word('the')), word('weekend'), word('of'), theDay], ([, , , d]) => span(mondayOf(d.day) + 5, mondayOf(d.day) + 7, 'day')),
  seq(
    [
      maybe(word('the')),
      longest(
        map(ordinal, (n) => (n <= 5 ? n : null)),
        map(word('last|final'), () => -1),
      ),
      rx('(week|weekend)(?![a-z])', ([, w]) => w!),
      word('of|in'),
      monthOf,
    ],
    ([, n, w, , month], { today }) => weekAhead(n, w, month, today),
  ),
  seq(
    [
      maybe(word('the')),
      longest(
        map(ordinal, (n) => (n <= 53 ? n : null)),
        map(word('last|final'), () => -1),
      ),
      rx('(week|month|quarter)(?![a-z])', ([, w]) => w!),
      word('of|in'),
      yearOf,
    ],
    ([, n, w, , y]) => nthOfYear(n, w, y),
  ),
  seq([word('week|week number|wk|cw|kw'), map(count, (n) => (n >= 1 && n <= 53 ? n : null)), inYear], ([, n, y], { today }) =>
    isoWeek(y ?? partsOf(today).year, n),
  ),
);

interface SaidMonth {
  year: number;
  month: number;
  /** The year was not said. */
  open?: boolean;
}

function monthOf(...[scan, at]: Parameters<Parser<unknown>>): ReturnType<Parser<SaidMonth>> {
  return longest<SaidMonth>(
    seq([monthName, ofYear], ([month, y], { today }) => (y === undefined ? { year: partsOf(today).year, month, open: true } : { year: y, month })),
    seq([rx('(this|next|last|the) month(?![a-z])', ([, w]) => w!)], ([w], { today }) => {
      const p = partsOf(addMonths(firstOfMonth(today), w === 'next' ? 1 : w === 'last' ? -1 : 0));
      return { year: p.year, month: p.month };
    }),
  )(scan, at);
}

function yearOf(...[scan, at]: Parameters<Parser<unknown>>): ReturnType<Parser<number>> {
  return longest<number>(
    year,
    seq([word('the year|year'), year], ([, y]) => y),
    relYear,
  )(scan, at);
}

/** A month without its year is the next one whose week is not over. */
function weekAhead(n: number, w: string, said: SaidMonth, today: Day): SpanValue {
  const week = nthWeekOf(n, w, said.year, said.month);
  return said.open && week.end <= today ? nthWeekOf(n, w, said.year + 1, said.month) : week;
}

/** Weeks of a month are counted by their Mondays. */
function nthWeekOf(n: number, w: string, y: number, m: number): SpanValue {
  const first = dayOf(y, m, 1);
  const last = addMonths(first, 1) - 1;
  const one = first + ((8 - weekdayOf(first)) % 7);
  const monday = n > 0 ? one + (n - 1) * 7 : mondayOf(last);
  return w === 'weekend' ? span(monday + 5, monday + 7, 'day') : span(monday, monday + 7, 'week');
}

const isoWeek = (y: number, n: number): SpanValue => {
  const monday = mondayOf(dayOf(y, 1, 4)) + (n - 1) * 7;
  return span(monday, monday + 7, 'week');
};

function nthOfYear(n: number, w: string, y: number): SpanValue | null {
  if (w === 'week') return n > 0 ? isoWeek(y, n) : span(mondayOf(dayOf(y, 12, 28)), mondayOf(dayOf(y, 12, 28)) + 7, 'week');
  const size = w === 'month' ? 1 : 3;
  const index = n > 0 ? n : 12 / size;
  return index * size > 12 ? null : slice(y, (index - 1) * size + 1, size, w as SpanGrain);
}

/** "the next 3 days" starts tomorrow, "the last 3 days" ends before today; of weeks and longer whole lengths are counted from there. */
const counted: Parser<SpanValue> = longest(
  seq([maybe(word('in|within|over|during|for')), maybe(word('the')), word('next|coming|following|upcoming'), wholeLength], ([, , , by], { today }) =>
    aheadSpan(by, today),
  ),
  seq([maybe(word('in|within|over|during|for')), maybe(word('the|these|this')), word('last|past|previous|prior'), wholeLength], ([, , , by], { today }) =>
    behindSpan(by, today),
  ),
  seq([maybe(word('in|within|over|during|for')), maybe(word('the')), wholeLength, word('to come|ahead')], ([, , by], { today }) => aheadSpan(by, today)),
  seq([word('within'), maybe(word('the')), map(duration, (d) => (d.seconds === 0 ? d : null))], ([, , by], { today }) =>
    span(today, shiftDay(today, by, 1), 'day'),
  ),
  seq([word('within'), wholeLength, word('of|from|after'), day], ([, by, , d]) => span(d.day, shiftDay(d.day, by, 1), 'day')),
);

/** A length in days or longer, with its number said: "the next week" is a period, "the next 1 week" a length. */
function wholeLength(...[scan, at]: Parameters<Parser<unknown>>): ReturnType<Parser<Length>> {
  return map(duration, (d) => (d.seconds === 0 && !/^an?\s/.test(scan.text.slice(at)) ? d : null))(scan, at);
}

function aheadSpan(by: Length, today: Day): SpanValue {
  if (by.unit === 'quarter') return span(periodOf('quarter', 1, today).start, periodOf('quarter', by.months / 3, today).end, 'quarter');
  return span(today + 1, by.workdays ? shiftDay(today, by, 1) + 1 : shiftDay(today + 1, by, 1), grainOfUnit(by.unit));
}

function behindSpan(by: Length, today: Day): SpanValue {
  if (by.unit === 'quarter') return span(periodOf('quarter', -by.months / 3, today).start, periodOf('quarter', 0, today).start, 'quarter');
  return span(shiftDay(today, by, -1), today, grainOfUnit(by.unit));
}

const grainOfUnit = (u: Unit): SpanGrain => (u in grains ? grains[u as Period] : 'day');

/** "the first two weeks of January", "the last 3 days of next month". */
const edgesOf: Parser<SpanValue> = seq(
  [
    maybe(word('the')),
    rx('(first|last|final|opening|closing)(?![a-z])', ([, w]) => (/^first|^opening/.test(w!) ? 1 : -1)),
    wholeLength,
    word('of|in'),
    maybe(word('the')),
    wider,
  ],
  ([, side, by, , , of]) => {
    const piece = side > 0 ? span(of.start, shiftDay(of.start, by, 1), grainOfUnit(by.unit)) : span(shiftDay(of.end, by, -1), of.end, grainOfUnit(by.unit));
    return piece.start >= of.start && piece.end <= of.end ? piece : null;
  },
);

function wider(...[scan, at]: Parameters<Parser<unknown>>): ReturnType<Parser<SpanValue>> {
  return longest(
    wholeMonth,
    named,
    quarters,
    years,
    map(period, (p) => periodOf(p, 0, scan.today)),
  )(scan, at);
}

/** Early, middle and late parts after Recognizers-Text: of a month up to the 15th, the 10th to 20th, from the 16th. */
function portion(which: 'early' | 'mid' | 'late', of: SpanValue): SpanValue {
  const { start, end, grain } = of;
  const cut = (a: Day, b: Day) => span(a, b, grain, which === 'mid' ? {} : { edge: which === 'early' ? 'start' : 'end' });
  if (grain === 'week') return which === 'early' ? cut(start, start + 3) : which === 'mid' ? cut(start + 1, start + 5) : cut(start + 3, end);
  if (grain === 'month' && end - start <= 31)
    return which === 'early' ? cut(start, start + 15) : which === 'mid' ? cut(start + 9, start + 20) : cut(start + 15, end);
  if (grain === 'year')
    return which === 'early'
      ? cut(start, addMonths(start, 6))
      : which === 'mid'
        ? cut(addMonths(start, 3), addMonths(start, 9))
        : cut(addMonths(start, 6), end);
  const third = Math.floor((end - start) / 3);
  return which === 'early' ? cut(start, start + third) : which === 'mid' ? cut(start + third, end - third) : cut(end - third, end);
}

const portionWord = rx(
  String.raw`(?:the )?(early(?: in| on)?|beginning of|start of|(?:very )?start of|mid-?|middle of|late(?: in)?|end of|(?:at the )?end of|tail end of)(?![a-z])`,
  ([, w]) => (/^(?:early|begin|start|very)/.test(w!) ? ('early' as const) : w!.startsWith('mid') ? ('mid' as const) : ('late' as const)),
);
const portioned: Parser<SpanValue> = longest(
  seq([portionWord, maybe(word('the')), longest(named, wholeMonth, quarters, years, decades)], ([w, , s]) => portion(w, s)),
  rx(String.raw`mid-?(${Object.keys(months).join('|')})(?![a-z])`, ([, m], { today }) => portion('mid', monthSpan(months[m!]!, undefined, today))),
  seq([portionWord, rx('(?:the|this|that)? ?(week|month|quarter|year)(?![a-z])', ([, p]) => p as Period)], ([w, p], { today }) =>
    portion(w, periodOf(p, 0, today)),
  ),
  rx('(?:eom|eoy|eow|eoq)(?![a-z])', ([w], { today }) =>
    portion('late', periodOf(({ m: 'month', y: 'year', w: 'week', q: 'quarter' } as const)[w![2] as 'm']!, 0, today)),
  ),
  seq([rx('(mid-?week|midweek)(?![a-z])', () => true)], (_, { today }) => portion('mid', periodOf('week', 0, today))),
);

const rest: Parser<SpanValue> = longest(
  seq(
    [maybe(word('the')), word('rest|remainder|remaining|remaining part|remains|balance'), maybe(word('of')), maybe(word('the|this|my|current')), period],
    ([, , , , p], { today }) => span(today, periodOf(p, 0, today).end - 1, 'day'),
  ),
  seq([rx('later(?: in| on)?(?![a-z])', () => true), rx('(?:this|the) (week|month|quarter|year)(?![a-z])', ([, p]) => p as Period)], ([, p], { today }) => ({
    ...periodOf(p, 0, today),
    start: today,
  })),
  seq([rx('earlier(?: in| on)?(?![a-z])', () => true), rx('(?:this|the) (week|month|quarter|year)(?![a-z])', ([, p]) => p as Period)], ([, p], { today }) => ({
    ...periodOf(p, 0, today),
    end: today,
  })),
  seq([maybe(word('the')), rx('(week|month|quarter|year)[- ]to[- ]date(?![a-z])', ([, p]) => p as Period)], ([, p], { today }) => ({
    ...periodOf(p, 0, today),
    end: today,
  })),
  rx('(?:ytd|mtd|qtd|wtd)(?![a-z])', ([w], { today }) => ({
    ...periodOf(({ m: 'month', y: 'year', w: 'week', q: 'quarter' } as const)[w![0] as 'm']!, 0, today),
    end: today,
  })),
);

/** "9 to 12 of June", "June 9-12", "from the 4th to the 22nd". */
const numberDay = longest(
  rx(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?![\d:a-z]|[./]\d)`, ([, n]) => (Number(n) >= 1 && Number(n) <= 31 ? Number(n) : null)),
  map(ordinal, (n) => (n <= 31 ? n : null)),
);
const nthDay = longest(
  rx(String.raw`(\d{1,2})(?:st|nd|rd|th)(?![a-z])`, ([, n]) => Number(n)),
  ordinal,
);
const opening = maybe(word('from|between|starting|beginning|starting from'));
const joiner = rx(String.raw`(?:-|to(?![a-z])|until(?![a-z])|till(?![a-z])|through(?![a-z])|thru(?![a-z])|and(?![a-z])|&)`, () => true);
const inMonth: Parser<SpanValue> = longest(
  seq(
    [opening, maybe(word('the')), numberDay, joiner, maybe(word('the')), numberDay, maybe(word('of|in')), monthName, ofYear],
    ([, , a, , , b, , m, y], { today }) => dayRange(m, a, b, y, today),
  ),
  seq([opening, monthName, maybe(word('the')), numberDay, joiner, maybe(word('the')), numberDay, ofYear], ([, m, , a, , , b, y], { today }) =>
    dayRange(m, a, b, y, today),
  ),
  seq(
    [
      word('from|between'),
      maybe(word('the')),
      nthDay,
      joiner,
      maybe(word('the')),
      nthDay,
      maybe(word('of|in')),
      rx('(this|next|last) month(?![a-z])', ([, w]) => w!),
    ],
    ([, , a, , , b, , w], { today }) => {
      const p = partsOf(addMonths(firstOfMonth(today), w === 'next' ? 1 : w === 'last' ? -1 : 0));
      return dayRange(p.month, a, b, p.year, today);
    },
  ),
  seq(
    [
      maybe(word('from|between')),
      maybe(word('the')),
      numberDay,
      joiner,
      maybe(word('the')),
      numberDay,
      maybe(word('of|in')),
      rx('(this|next|last) month(?![a-z])', ([, w]) => w!),
    ],
    ([, , a, , , b, , w], { today }) => {
      const p = partsOf(addMonths(firstOfMonth(today), w === 'next' ? 1 : w === 'last' ? -1 : 0));
      return dayRange(p.month, a, b, p.year, today);
    },
  ),
);

function dayRange(m: number, a: number, b: number, y: number | undefined, today: Day): SpanValue | null {
  if (b <= a) return null;
  const now = partsOf(today).year;
  const value = y ?? (dayOf(now, m, b) > today ? now : now + 1);
  return span(dayOf(value, m, a), dayOf(value, m, b), 'day', { lastDay: true, ...(y === undefined && { open: 'year' }) });
}

/** Any stretch of whole days. */
export const days: Parser<SpanValue> = once(
  longest(inMonth, weekOf, edgesOf, counted, portioned, rest, quarters, wholeMonth, named, decades, seasonSpan, years),
);

const clockLength: Parser<Length> = map(duration, (d) => (d.seconds !== 0 ? d : null));

/** Stretches counted in hours or minutes from now. */
export const moments: Parser<MomentsValue> = longest(
  seq([maybe(word('in|within|over|during|for')), maybe(word('the')), word('next|coming|following|upcoming'), clockLength], ([, , , by], { now }) =>
    momentsOf(now, shiftTime(now, by, 1)),
  ),
  seq([maybe(word('in|within|over|during|for')), maybe(word('the')), word('last|past|previous'), clockLength], ([, , , by], { now }) =>
    momentsOf(shiftTime(now, by, -1), now),
  ),
  seq([maybe(word('in|within|over|during|for')), maybe(word('the')), word('next|coming'), unit, word('and'), clockLength], ([, , , u, , by], { now }) =>
    momentsOf(now, shiftTime(shiftTime(now, by, 1), lengthOf(1, u), 1)),
  ),
  seq([word('within'), clockLength], ([, by], { now }) => momentsOf(now, shiftTime(now, by, 1))),
  seq([word('within the'), rx('(hour|minute)(?![a-z])', ([, u]) => u as Unit)], ([, u], { now }) => momentsOf(now, shiftTime(now, lengthOf(1, u), 1))),
  seq(
    [maybe(word('the')), word('rest|remainder|remaining part|balance'), word('of the day|of this day|of my day|of the current day|of today')],
    (_, { now, today }) => momentsOf(now, at(today, lastSecond)),
  ),
  seq([rx('(?:in|within|over|during)? ?(?:the )?(next|coming|last|past|previous) (hour|minute|second)(?![a-z])', (g) => g)], ([[, w, u]], { now }) => {
    const by = lengthOf(1, u as Unit);
    return /next|coming/.test(w!) ? momentsOf(now, shiftTime(now, by, 1)) : momentsOf(shiftTime(now, by, -1), now);
  }),
);

const momentsOf = (start: WallTime, end: WallTime): MomentsValue => ({ kind: 'moments', start, end });

export type { DayValue };
