import { addMonths, dayOf, isRealDate, isoDate, partsOf, weekdayOf, type Day } from './civil.ts';
import { dayParts, type Unit } from './date-words.ts';
import { count, monthName, ordinal, unit, weekday } from './date-numbers.ts';
import { day, holidayName, nextDate } from './date-days.ts';
import { longest, map, maybe, once, oneOf, rx, seq, skipGap, word, type Parser } from './grammar.ts';

/** A repetition: an RRULE value (RFC 5545 §3.3.10), the first day where the words name one, and the part of the day. */
export interface SetValue {
  kind: 'set';
  rule: string;
  first?: Day;
  part?: readonly [number, number];
}

const codes = ['', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const frequencies: Partial<Record<Unit, readonly [string, number]>> = {
  second: ['SECONDLY', 1],
  minute: ['MINUTELY', 1],
  hour: ['HOURLY', 1],
  day: ['DAILY', 1],
  week: ['WEEKLY', 1],
  fortnight: ['WEEKLY', 2],
  month: ['MONTHLY', 1],
  quarter: ['MONTHLY', 3],
  year: ['YEARLY', 1],
  decade: ['YEARLY', 10],
};
const adverbs: Readonly<Record<string, string>> = {
  daily: 'FREQ=DAILY',
  weekly: 'FREQ=WEEKLY',
  monthly: 'FREQ=MONTHLY',
  yearly: 'FREQ=YEARLY',
  annually: 'FREQ=YEARLY',
  annual: 'FREQ=YEARLY',
  hourly: 'FREQ=HOURLY',
  quarterly: 'FREQ=MONTHLY;INTERVAL=3',
  biweekly: 'FREQ=WEEKLY;INTERVAL=2',
  'bi weekly': 'FREQ=WEEKLY;INTERVAL=2',
  fortnightly: 'FREQ=WEEKLY;INTERVAL=2',
  bimonthly: 'FREQ=MONTHLY;INTERVAL=2',
  'bi monthly': 'FREQ=MONTHLY;INTERVAL=2',
  biannually: 'FREQ=MONTHLY;INTERVAL=6',
  semiannually: 'FREQ=MONTHLY;INTERVAL=6',
  'semi annually': 'FREQ=MONTHLY;INTERVAL=6',
  'bi annually': 'FREQ=MONTHLY;INTERVAL=6',
  nightly: 'FREQ=DAILY',
};
const workdays = 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR';

const every = word('every single|every|each|each and every|per every');
const weekdayPlural: Parser<number> = rx('(mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekdays|weekends)(?![a-z])', ([, w]) =>
  w === 'weekdays' ? 8 : w === 'weekends' ? 9 : ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'].indexOf(w!.slice(0, 2)) + 1,
);
const anyWeekday = longest(
  weekdayPlural,
  weekday,
  map(word('weekday|workday|work day|working day|business day|week day'), () => 8),
  map(word('weekend'), () => 9),
);

/** "Monday", "Mon, Wed and Fri". */
const weekdayList =
  (first: Parser<number>): Parser<number[]> =>
  (scan, at) => {
    const start = first(scan, at);
    if (!start) return null;
    const list = [start.value];
    let end = start.end;
    const more = seq([maybe(word('and|or|&')), maybe(word('on')), longest(weekdayPlural, weekday)], ([, , n]) => n);
    for (let i = 0; i < 6; i++) {
      const next = more(scan, skipGap(scan.text, end));
      if (!next) break;
      list.push(next.value);
      end = next.end;
    }
    return { end, value: list };
  };

const code = (n: number): string => (n === 8 ? 'MO,TU,WE,TH,FR' : n === 9 ? 'SA,SU' : codes[n]!);

function onDays(list: number[], today: Day, interval = 1): SetValue {
  const rule = `FREQ=WEEKLY;${interval > 1 ? `INTERVAL=${interval};` : ''}BYDAY=${[...new Set(list.flatMap((n) => code(n).split(',')))].join(',')}`;
  const wanted = new Set(list.flatMap((n) => (n === 8 ? [1, 2, 3, 4, 5] : n === 9 ? [6, 7] : [n])));
  let first = today;
  while (!wanted.has(weekdayOf(first))) first++;
  return { kind: 'set', rule, first };
}

function everyUnit(n: number, u: Unit): SetValue | null {
  if (u === 'workday') return { kind: 'set', rule: workdays };
  if (u === 'weekend') return { kind: 'set', rule: 'FREQ=WEEKLY;BYDAY=SA,SU' };
  const [freq, size] = frequencies[u] ?? ['', 0];
  if (!freq || n < 1 || n > 999) return null;
  return { kind: 'set', rule: `FREQ=${freq}${n * size > 1 ? `;INTERVAL=${n * size}` : ''}` };
}

const interval: Parser<number> = longest(
  map(word('other|second|alternate'), () => 2),
  map(word('third'), () => 3),
  map(word('fourth'), () => 4),
  map(ordinal, (n) => (n >= 2 && n <= 12 ? n : null)),
  count,
);
const monthly = (n: number, first: Day | null): SetValue => ({ kind: 'set', rule: `FREQ=MONTHLY;BYMONTHDAY=${n}`, ...(first !== null && { first }) });

function nextMonthDay(today: Day, n: number): Day | null {
  for (let k = 0; k < 3; k++) {
    const p = partsOf(addMonths(today - partsOf(today).day + 1, k));
    if (isRealDate(p.year, p.month, n) && dayOf(p.year, p.month, n) >= today) return dayOf(p.year, p.month, n);
  }
  return null;
}

const whichDay: Parser<number> = longest(
  map(ordinal, (n) => (n <= 31 ? n : null)),
  map(word('last|final'), () => -1),
);
const eachMonth = word('of every month|of each month|every month|each month|monthly|a month|in each month|in every month');

const sets: Parser<SetValue> = longest(
  seq([every, oneOf(dayParts)], ([, part]) => ({ kind: 'set', rule: 'FREQ=DAILY', part })),
  seq([every, maybe(interval), unit], ([, n, u]) => everyUnit(n ?? 1, u)),
  seq([every, weekdayList(anyWeekday)], ([, list], { today }) => onDays(list, today)),
  seq([every, interval, weekdayList(anyWeekday)], ([, n, list], { today }) => onDays(list, today, n)),
  seq(
    [
      longest(
        map(word('weekly|every week|each week'), () => 1),
        map(word('biweekly|fortnightly|every fortnight'), () => 2),
        seq([every, interval, word('weeks|week')], ([, n]) => n),
      ),
      maybe(word('on')),
      weekdayList(longest(weekdayPlural, weekday)),
    ],
    ([n, , list], { today }) => onDays(list, today, n),
  ),
  seq([every, map(ordinal, (n) => (n <= 31 ? n : null)), word('of'), monthName], ([, d, , m], { today }) => yearly(m, d, today)),
  seq([every, weekday, oneOf(dayParts)], ([, n, part], { today }) => ({ ...onDays([n], today), part })),
  seq([weekday, rx('(mornings|afternoons|evenings|nights)(?![a-z])', ([, w]) => dayParts[w!]!)], ([n, part], { today }) => ({ ...onDays([n], today), part })),
  seq([maybe(word('on')), weekdayList(weekdayPlural)], ([, list], { today }) => onDays(list, today)),
  seq([longest(every, word('on every')), holidayName], ([, on], { today }) => ({
    kind: 'set',
    rule: 'FREQ=YEARLY',
    first: on(partsOf(today).year) >= today ? on(partsOf(today).year) : on(partsOf(today).year + 1),
  })),
  seq([every, word('weeknight')], (_, { today }) => ({ ...onDays([8], today), part: dayParts['night']! })),
  seq([every, monthName], ([, m], { today }) => ({ kind: 'set', rule: `FREQ=YEARLY;BYMONTH=${m}`, first: nextDate(today, m, 1)! })),
  seq([every, monthName, rx(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?![\d:a-z])`, ([, n]) => Number(n))], ([, m, d], { today }) => yearly(m, d, today)),
  seq(
    [
      rx('(?:every|each) (?:year|yr)(?![a-z])|yearly|annually', () => true),
      maybe(word('on|in')),
      rx('(?:the )?', () => true),
      map(day, (d) => (d.open === 'year' ? d : null)),
    ],
    ([, , , d], { today }) => yearly(partsOf(d.day).month, partsOf(d.day).day, today),
  ),
  seq(
    [every, map(ordinal, (n) => (n >= 1 && n <= 31 ? n : null)), maybe(word('of the month|of every month|of each month|day of the month'))],
    ([, n], { today }) => (n > 4 ? monthly(n, nextMonthDay(today, n)) : null),
  ),
  seq([maybe(word('on')), maybe(word('the')), whichDay, maybe(word('day')), eachMonth], ([, , n, ,], { today }) =>
    monthly(n, n > 0 ? nextMonthDay(today, n) : null),
  ),
  seq([rx('(?:every|each) month|monthly', () => true), maybe(word('on')), word('the'), whichDay, maybe(word('day'))], ([, , , n], { today }) =>
    monthly(n, n > 0 ? nextMonthDay(today, n) : null),
  ),
  seq([longest(every, word('the|on the')), map(whichDay, (n) => (n <= 5 ? n : null)), weekday, eachMonth], ([, n, w]) => ({
    kind: 'set',
    rule: `FREQ=MONTHLY;BYDAY=${n}${codes[w]}`,
  })),
  seq([every, map(whichDay, (n) => (n <= 5 ? n : null)), weekday, word('of the month|of every month|of each month|in the month')], ([, n, w]) => ({
    kind: 'set',
    rule: `FREQ=MONTHLY;BYDAY=${n}${codes[w]}`,
  })),
  seq(
    [
      longest(
        count,
        map(word('once|one time|one'), () => 1),
        map(word('twice'), () => 2),
        map(word('thrice'), () => 3),
      ),
      maybe(word('times|time')),
      rx('(?:an?|per|each|every|one)(?![a-z])', () => true),
      maybe(interval),
      rx('(hour|day|night|week|fortnight|month|quarter|year)s?(?![a-z])', ([, u]) => (u === 'night' ? 'day' : u) as Unit),
    ],
    ([, , , n, u]) => everyUnit(n ?? 1, u),
  ),
  (scan, at) => {
    const hit = oneOf(adverbs)(scan, at);
    return hit && { end: hit.end, value: { kind: 'set', rule: hit.value } };
  },
);

function yearly(m: number, d: number, today: Day): SetValue | null {
  const first = nextDate(today, m, d);
  return first === null ? null : { kind: 'set', rule: `FREQ=YEARLY;BYMONTH=${m};BYMONTHDAY=${d}`, first };
}

/** Repetition words; a following "until DATE" becomes `UNTIL`. */
export const set: Parser<SetValue> = once((scan, at) => {
  const hit = sets(scan, at);
  if (!hit) return null;
  const until = seq([word('until|till|til|through'), day], ([, d]) => d.day)(scan, skipGap(scan.text, hit.end));
  return until ? { end: until.end, value: { ...hit.value, rule: `${hit.value.rule};UNTIL=${isoDate(until.value).replaceAll('-', '')}` } } : hit;
});
