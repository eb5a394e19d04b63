import { addMonths, at, dayOf, dayOfTime, daySeconds, isoDate, isRealDate, mondayOf, partsOf, weekdayOf, type Day, type WallTime } from './civil.ts';
import { dayParts, lastSecond } from './date-words.ts';
import { duration, secondsOf, type Length } from './date-numbers.ts';
import { day, momentOf, shiftTime, type DayValue, type MomentValue } from './date-days.ts';
import { set, type SetValue } from './date-sets.ts';
import { days, moments, type MomentsValue, type SpanValue } from './date-spans.ts';
import { likely, part, spanOfTimes, time, times, type PartValue, type TimesValue, type TimeValue } from './date-times.ts';
import { longest, map, maybe, once, rx, seq, word, type Hit, type Parser, type Scan } from './grammar.ts';
import { saidZones, stamps, type SaidZone, type Stamp } from './second-reader.ts';
import { instantOf, isoTime, readIso, wallTime, type Zone } from './zone.ts';

/** How finely a date was said. */
export type Grain = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year' | 'decade';

export type DateKind = 'date' | 'datetime' | 'daterange' | 'datetimerange' | 'time' | 'timerange';

/**
 * A date in a text. `kind` date: `start` is `YYYY-MM-DD`, `end` null. datetime and time: `start` has time and offset, `end` null; a time alone
 * means its next occurrence. The offset is that of the user's zone, or of the zone that the words name. daterange: two plain dates, datetimerange
 * and timerange: two times, `end` always exclusive.
 */
export interface FoundDate {
  text: string;
  start: string;
  end: string | null;
  grain: Grain;
  kind: DateKind;
  /** Place in the text, as offsets of UTF-16 units. */
  from: number;
  to: number;
  /** Words that name a time only in passing ("night market"): shown, never used as a due time. */
  loose?: boolean;
  /** The end that is meant where a span names one ("end of the month"). */
  edge?: 'start' | 'end';
  /** The words named the last day ("Nov 25 to Nov 27"), which the convention of `end` leaves out. */
  lastDay?: true;
  /** The zone named beside the time ("EST"): `start` and `end` have the clock as it was said and the offset of that zone. */
  zone?: string;
}

export interface FoundDates {
  dates: FoundDate[];
  recurrence: string | null;
  durationMinutes: number | null;
  /** Places of every word that belongs to a date, a repetition or a length of time. */
  spans: { from: number; to: number; role: 'date' | 'repeat' | 'length' }[];
}

interface ClockValue {
  kind: 'clock';
  day?: Day;
  open?: DayValue['open'];
  ofWeek?: boolean | undefined;
  time?: TimeValue;
  times?: TimesValue;
  part?: PartValue;
  weak: boolean;
  abroad?: Abroad;
}
/** The zone a time was said in, where it is not taken to be the user's own. */
type Abroad = Pick<SaidZone, 'said' | 'zone'>;
type StampValue = Pick<Stamp, 'time' | 'grain'> & { kind: 'stamp'; abroad?: Abroad };
type PointValue = ClockValue | MomentValue | MomentsValue | SpanValue;
type RangeValue = {
  kind: 'range';
  start: WallTime | Day;
  end: WallTime | Day;
  whole: boolean;
  grain: Grain;
  timeOnly?: boolean;
  lastDay?: boolean;
  abroad?: Abroad;
};
type LengthValue = { kind: 'length'; minutes: number };
type Value = PointValue | RangeValue | (SetValue & { clock?: ClockValue }) | LengthValue | StampValue;

/** Only so much of a text is read for dates; the rest stays as it is. */
export const readChars = 4_000;
const maxFound = 40;
/** A zone that was read leaves as many blanks. */
const zoneChars = 30;
/** A text of nothing but words that may begin a date is not tried for ever. */
const maxTries = 400;

const ascii = /[^\x20-\x7e]/;

/** ASCII lower case at unchanged positions. */
export function fold(text: string): string {
  const lower = text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  return ascii.test(lower)
    ? lower
        .replace(/[\u2018\u2019\u02bc]/g, "'")
        .replace(/[\u2010-\u2015\u2212]/g, '-')
        .replace(/[\u00a0\u2000-\u200a\u202f\t\n\r]/g, ' ')
    : lower;
}

const starts = /(?<![a-z0-9'_$#+]|\d[.,/:])(?:[a-z@']|\d)/g;
/** First words of anything that may be a date; everything else is skipped without trying. */
const opener =
  /^(?:['@]?\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|tod|tom|tmr|tmw|yest|ton|to night|the|this|next|last|past|prev|com|cur|foll|upc|on |in |within|over|dur|from|betw|start|begin|beginning|mid|late|early|earl|end|end|eo[dmywq]|rest|rem|week|wk|cw|kw|month|year|quarter|qtr|q[1-4]|h[12]|fy|ytd|mtd|qtd|wtd|fort|half|an? (?:couple|few|half|quarter|pair|dozen|hundred|single|week|day|month|year|fortnight|decade|minute|hour|second|night|min\b|hr|sec|century|weekend|more)|another|couple|few|several|one|two|three|four|five|six|seven|eight|nine|ten|elev|twel|thir|fif|sixt|eigh|nin|twen|for |four|zero|noon|noonish|mid|high noon|at |@|around|about|by |until|till|til |before|after|approx|exact|rough|circa|every|each|once|twice|thrice|dai|mont|year|ann|hour|quar|bi|semi|night|morn|after|even|lunch|break|brunch|dinner|supp|day|bus|work|office|now|right now|just now|asap|immed|as soon|since|all|whole|entire|spring|summer|autumn|fall|winter|christ|xmas|box|hallow|val|indep|us indep|amer|earth|st |st\.|saint|cinco|ground|labo|june|canada|wom|intern|vet|armi|remem|inau|child|youth|teach|single|bast|aus|anz|pi day|epi|flag|mlk|mart|pres|wash|moth|white lov|tree pl|girls|loyal|yuan|fath|memo|colu|thank|black|cyber|arbor|easter|good fri|maun|palm|ash|mardi|pent|whit|corp|guy|bonf|new y|nye|second|third|first|final|seven|ninet|fourt|eleven|nineteen|t\d|same|very|as |nineties|eighties|back|tail)/;

const clockOf = (parts: Partial<ClockValue>): ClockValue => ({ kind: 'clock', weak: false, ...parts });
type Piece = DayValue | TimeValue | TimesValue | PartValue;
const piece: Parser<Piece> = once(longest<Piece>(day, times, time, part));
const link =
  /^[\s,]*(?:[(@-]\s*)?(?:(?:at|on|in the|in|of the|of|the|around|about|by|from|for|during|this|starting at|starting|sometime|some time|any time|anytime|early|late|and)\s+){0,2}/;

function alone(first: Piece): ClockValue {
  const weak = first.weak === true;
  if (first.kind === 'day') return clockOf({ day: first.day, open: first.open, ofWeek: first.ofWeek, weak });
  if (first.kind === 'time') return clockOf({ time: first, weak });
  return first.kind === 'times' ? clockOf({ times: first, weak }) : clockOf({ part: first, weak });
}

function addPiece(cluster: ClockValue, next: Piece, between: string, first: Piece): ClockValue | null {
  if (/\band\b/.test(between)) return null;
  if (next.kind === 'day') {
    if (cluster.day === undefined)
      return /(?:from|by|for)\s*$/.test(between) && cluster.part && !cluster.time
        ? null
        : { ...cluster, day: next.day, open: next.open, ofWeek: next.ofWeek, weak: false };
    return secondDay(cluster, next, between, first);
  }
  if (next.kind === 'time')
    return cluster.time || cluster.times || (next.weak && cluster.day === undefined && !cluster.part)
      ? null
      : { ...cluster, time: next, weak: cluster.weak && next.weak === true };
  if (next.kind === 'times') return cluster.time || cluster.times ? null : { ...cluster, times: next, weak: cluster.weak && next.weak === true };
  return cluster.part || (next.shift !== undefined && cluster.day !== undefined && next.shift !== 0)
    ? null
    : { ...cluster, part: next, weak: cluster.weak && next.weak === true };
}

/** A weekday or "tomorrow" beside a full date says the same day twice; the date wins. */
function secondDay(cluster: ClockValue, next: DayValue, between: string, first: Piece): ClockValue | null {
  if (!/^[\s,(-]*(?:the\s|on\s)?\s*$/.test(between) || first.kind !== 'day') return null;
  if (next.open === 'week') return /\(/.test(between) || weekdayOf(cluster.day!) === weekdayOf(next.day) ? { ...cluster } : null;
  return cluster.open === 'week' || first.relative ? { ...cluster, day: next.day, open: next.open, weak: false } : null;
}

/** Days, times and parts of the day that stand beside each other. */
const cluster: Parser<ClockValue> = once((scan, from) => {
  const start = piece(scan, from);
  if (!start) return null;
  const first = start.value;
  let value = alone(first);
  let end = start.end;
  for (let rounds = 0; rounds < 4; rounds++) {
    const between = link.exec(scan.text.slice(end, end + 40))![0];
    const isoTail = between === '' && /^t\d/.test(scan.text.slice(end, end + 2)) ? time(scan, end) : null;
    const next = isoTail ? { ...isoTail, between: '' } : between === '' ? null : nextPiece(scan, end, between);
    const merged = next && addPiece(value, next.value, next.between, first);
    if (!merged) break;
    value = merged;
    end = next.end;
    if (scan.text[end] === ')') end++;
  }
  return { end, value };
});

/** The next piece, tried behind each connecting word in turn, because "on the" may belong to it ("the 15th"). */
function nextPiece(scan: Scan, end: number, between: string): (Hit<Piece> & { between: string }) | null {
  let at0 = end + /^[\s,]*(?:[(@-]\s*)?/.exec(between)![0].length;
  for (let words = 0; words < 4 && at0 <= end + between.length; words++) {
    const hit = at0 > end ? piece(scan, at0) : null;
    if (hit) return { ...hit, between: scan.text.slice(end, at0) };
    const next = scan.text.indexOf(' ', at0);
    if (next < 0) break;
    at0 = next + 1;
  }
  return null;
}

/** "early tomorrow morning", "late Friday night". */
const shaded: Parser<ClockValue> = (scan, from) => {
  const shade = /^(early|late)\s+(?:on\s+)?/.exec(scan.text.slice(from, from + 10));
  const hit = shade && cluster(scan, from + shade[0].length);
  if (!hit || !hit.value.part || hit.value.day === undefined) return null;
  const name = Object.keys(dayParts).find((key) => dayParts[key]![0] === hit.value.part!.from && dayParts[key]![1] === hit.value.part!.to);
  const narrowed = dayParts[`${shade[1]} ${name}`];
  return narrowed ? { end: hit.end, value: { ...hit.value, part: { ...hit.value.part, from: narrowed[0], to: narrowed[1] } } } : hit;
};

const dayEnd: Parser<PointValue> = longest<PointValue>(
  seq(
    [
      maybe(word('the|at the|by the|by')),
      word('end of|close of'),
      maybe(word('the|this')),
      maybe(word('business|work')),
      maybe(word('on')),
      longest(
        day,
        map(word('day'), (_, { today }) => ({ kind: 'day' as const, day: today })),
      ),
    ],
    ([, , , , , d]) => ({ kind: 'moment', time: at(d.day, lastSecond), grain: 'second' }),
  ),
  seq([rx('(?:eod|end of day|cob|close of business)(?![a-z])', () => true), maybe(word('on|this')), day], ([, , d]) => ({
    kind: 'moment',
    time: at(d.day, lastSecond),
    grain: 'second',
  })),
  seq([day, word('eod|end of day|cob')], ([d]) => ({ kind: 'moment', time: at(d.day, lastSecond), grain: 'second' })),
  rx('(?:eod|end of day|cob|close of business)(?![a-z])', (_, { today }) => ({
    kind: 'moment' as const,
    time: at(today, lastSecond),
    grain: 'second' as const,
  })),
);

const point: Parser<PointValue> = once(longest<PointValue>(momentOf, cluster, shaded, moments, dayEnd, days));

const opening = rx('(?:anytime |any time |sometime )?(from|between|starting from|starting|beginning|begin|since)(?![a-z])(?: on| in| at)?', ([, w]) => w!);
const joining: Parser<string> = rx(
  String.raw`(-{1,2}(?=\s?[a-z0-9])|(?:to|until|till|til|through|thru|and|and ending|ending|up to|up until)(?![a-z]))(?: on| in| at)?`,
  ([, w]) => w!,
);
const bareHour: Parser<ClockValue> = rx(String.raw`(\d{1,2})(?![\d:a-z]|[./]\d|\s?%)`, ([, n]) =>
  Number(n) >= 1 && Number(n) <= 24
    ? clockOf({ time: { kind: 'time', seconds: (Number(n) % 24) * 3600, grain: 'hour', weak: true, ...(Number(n) <= 12 && { loose: true }) } })
    : null,
);
const bareDay: Parser<{ monthDay: number }> = seq(
  [maybe(word('the')), rx(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?![\d:a-z]|[./]\d)`, ([, n]) => Number(n))],
  ([, n]) => (n >= 1 && n <= 31 ? { monthDay: n } : null),
);

/** "from A to B", "between A and B", "A until B", "A - B". */
const range: Parser<RangeValue> = (scan, from) => {
  const open = opening(scan, from);
  const a = point(scan, open ? from + open.end - from + blank(scan.text, open.end) : from);
  if (!a) return null;
  const join = joining(scan, a.end + blank(scan.text, a.end));
  if (!join || (join.value === 'and' && open?.value !== 'between')) return null;
  const next = join.end + blank(scan.text, join.end);
  const b = longest<PointValue>(point, bareHour)(scan, next);
  const value = b ? settle(a.value, b.value, scan) : null;
  if (value && b) return { end: b.end, value };
  const number = bareDay(scan, next);
  const days2 = number ? sameMonth(a.value, number.value.monthDay) : null;
  return days2 && number ? { end: number.end, value: days2 } : null;
};

const blank = (text: string, from: number): number => /^[\s,]*/.exec(text.slice(from, from + 4 + zoneChars))![0].length;

function sameMonth(a: PointValue, monthDay: number): RangeValue | null {
  if (a.kind !== 'clock' || a.day === undefined || a.time || a.part || a.open === 'week') return null;
  const p = partsOf(a.day);
  if (!isRealDate(p.year, p.month, monthDay) || monthDay <= p.day) return null;
  return { kind: 'range', start: a.day, end: dayOf(p.year, p.month, monthDay), whole: true, grain: 'day', lastDay: true };
}

interface Side {
  start: Day;
  open?: DayValue['open'] | undefined;
  grain: Grain;
  /** A weekday of a named week, as "Friday next week". */
  ofWeek?: boolean | undefined;
}

/** One side of a range as days, where it names whole days. */
function wholeDay(v: PointValue): Side | null {
  if (v.kind === 'days') return { start: v.start, open: v.open, grain: v.grain };
  if (v.kind === 'clock' && v.day !== undefined && !v.time && !v.times && !v.part) return { start: v.day, open: v.open, grain: 'day', ofWeek: v.ofWeek };
  return null;
}

function settle(a: PointValue, b: PointValue, scan: Scan): RangeValue | null {
  const [da, db] = [wholeDay(a), wholeDay(b)];
  if (da && db) return settleDays(da, db, scan);
  if (da && b.kind === 'moment') return nowRange(da, b, scan);
  if (db && a.kind === 'moment' && isNow(a, scan)) return { kind: 'range', start: dayOfTime(a.time), end: db.start, whole: true, grain: 'day' };
  if (a.kind === 'clock' && b.kind === 'clock') return settleClocks(a, b, scan);
  return settleTimes(a, b, scan);
}

const isNow = (m: MomentValue, scan: Scan) => m.time === scan.now;

/** "between Jan 22 and now": the last such day. */
function nowRange(a: Side, b: MomentValue, scan: Scan): RangeValue | null {
  const end = dayOfTime(b.time);
  let start = a.start;
  if (a.open === 'year') while (start > end) start = addMonths(start, -12);
  if (a.open === 'week') while (start > end) start -= 7;
  return isNow(b, scan) && start <= end ? { kind: 'range', start, end, whole: true, grain: 'day' } : null;
}

function settleDays(a: Side, b: Side, { today }: Scan): RangeValue | null {
  let [start, end] = [a.start, b.start];
  const step: Record<string, (d: Day, n: number) => Day> = {
    year: (d, n) => addMonths(d, 12 * n),
    month: (d, n) => addMonths(d, n),
    week: (d, n) => d + 7 * n,
  };
  if (a.open && !b.open) while (start > end) start = step[a.open]!(start, -1);
  if (a.open === 'year' && !b.open) start = alignYear(start, end);
  if (!a.open && b.open === 'year') end = ahead(start, end);
  if (a.open === 'week' && b.ofWeek) start = mondayOf(end) + weekdayOf(start) - 1;
  if (!a.open && b.open === 'week') while (end <= start) end += 7;
  if (a.open && b.open) [start, end] = bothOpen(a, b, today);
  const grain: Grain = a.grain === b.grain ? a.grain : 'day';
  return end > start ? { kind: 'range', start, end, whole: true, grain, lastDay: b.grain === 'day' } : null;
}

const alignYear = (start: Day, end: Day): Day => {
  let best = start;
  for (let d = start; d < end; d = addMonths(d, 12)) best = d;
  return best;
};

function ahead(start: Day, end: Day): Day {
  let e = end;
  while (addMonths(e, -12) > start) e = addMonths(e, -12);
  while (e <= start) e = addMonths(e, 12);
  return e;
}

/** Both without a year: the one that is running or comes next. */
function bothOpen(a: Side, b: Side, today: Day): [Day, Day] {
  if (a.open === 'week' || b.open === 'week') {
    let end = b.start;
    while (end <= a.start) end += 7;
    return [a.start, end];
  }
  if (a.open === 'month' && b.open === 'month') return [a.start, b.start > a.start ? b.start : addMonths(b.start, 1)];
  const earlier = a.grain === 'month' ? a.start : addMonths(a.start, -12);
  const running = ahead(earlier, b.start);
  if (a.grain === 'month') {
    const thisYear = partsOf(today).year;
    const start = dayOf(thisYear, partsOf(a.start).month, 1);
    const end = ahead(start, b.start);
    return end <= today ? [addMonths(start, 12), addMonths(end, 12)] : [start, end];
  }
  return running > today && earlier <= today ? [earlier, running] : [a.start, ahead(a.start, b.start)];
}

function settleClocks(a: ClockValue, b: ClockValue, scan: Scan): RangeValue | null {
  if (a.time && b.time && b.day === undefined) {
    const t = spanOfTimes(a.time, b.time);
    if (!t) return null;
    const base = a.day ?? scan.today;
    const timeOnly = a.day === undefined && !(a.time.weak && b.time.weak);
    if (a.day === undefined && a.time.weak && b.time.weak) return null;
    return { kind: 'range', start: at(base, t.from), end: at(base, t.to), whole: false, grain: 'minute', ...(timeOnly && { timeOnly: true }) };
  }
  if (a.time && b.time && a.day === undefined && b.day !== undefined) {
    const t = spanOfTimes(a.time, b.time);
    return t && { kind: 'range', start: at(b.day, t.from), end: at(b.day, t.to), whole: false, grain: 'minute' };
  }
  if (b.day !== undefined && b.day < (a.day ?? scan.today)) return null;
  return settleTimes(a, b, scan);
}

function settleTimes(a: PointValue, b: PointValue, scan: Scan): RangeValue | null {
  const start = edgeTime(a, scan, scan.now, false);
  if (start === null) return null;
  const bound = b.kind === 'clock' && b.time && b.day === undefined ? nextAfter(start, b.time) : edgeTime(b, scan, start, true);
  return bound !== null && bound > start ? { kind: 'range', start, end: bound, whole: false, grain: 'minute' } : null;
}

/** The first such time of day after a moment. */
function nextAfter(moment: WallTime, t: TimeValue): WallTime {
  const base = dayOfTime(moment);
  const options = [t.seconds, ...(t.loose ? [t.seconds + 12 * 3600] : []), t.seconds + daySeconds].map((s) => at(base, s)).filter((s) => s > moment);
  return Math.min(...options);
}

function edgeTime(v: PointValue, scan: Scan, base: WallTime, isEnd: boolean): WallTime | null {
  if (v.kind === 'moment') return v.time;
  if (v.kind === 'moments') return isEnd ? v.end : v.start;
  if (v.kind === 'days') return at(v.start, 0);
  const d = v.day ?? (v.part?.shift !== undefined ? scan.today + v.part.shift : v.time || v.part ? dayOfTime(base) : undefined);
  if (d === undefined) return null;
  if (v.time) return at(d, clockSeconds(v.time, v.part));
  if (v.times) return at(d, isEnd ? v.times.to : v.times.from);
  return v.part ? at(d, isEnd ? v.part.from : v.part.from) : at(d, 0);
}

/** Settles an hour that may be morning or afternoon: by the part of the day beside it, else by what is likelier. */
function clockSeconds(t: TimeValue, p: PartValue | undefined): number {
  if (!t.loose) return t.seconds;
  const morning = t.seconds % (12 * 3600);
  if (!p) return t.grain === 'hour' || t.grain === 'minute' ? likely(t.seconds) : t.seconds;
  if (p.from >= 12 * 3600) return morning < 12 * 3600 && !(p.from >= 20 * 3600 && morning < 5 * 3600) ? morning + 12 * 3600 : morning;
  return morning;
}

/** "for a day starting this Friday at 5 pm", "for 3 days from tomorrow". */
const lengthFrom: Parser<RangeValue> = longest<RangeValue>(
  seq(
    [maybe(word('for')), duration, word('starting|beginning|starting on|beginning on|starting from|commencing'), maybe(word('on|at|from')), point],
    ([, by, , , p], scan) => stretchFrom(by, p, scan),
  ),
  seq([word('for'), duration, word('from'), point], ([, by, , p], scan) => stretchFrom(by, p, scan)),
);

function stretchFrom(by: Length, p: PointValue, scan: Scan): RangeValue | null {
  const whole = wholeDay(p);
  if (whole && by.seconds === 0) return { kind: 'range', start: whole.start, end: dayOfTime(shiftTime(at(whole.start, 0), by, 1)), whole: true, grain: 'day' };
  const start = edgeTime(p, scan, scan.now, false);
  return start === null ? null : { kind: 'range', start, end: shiftTime(start, by, 1), whole: false, grain: 'minute' };
}

const bound = String.raw`(?:(?:more|less|longer|shorter|fewer) than |at least |at most |about |around |up to |over |under |nearly |almost |exactly |just )?`;
const allPeriod = rx(
  '(?:all|whole|the whole|entire|the entire|full|a full)[ -](day|week|weekend|month|year|night|morning|afternoon|evening)(?:[ -]long)?(?![a-z])',
  ([, u]) => ({ day: 1440, week: 10_080, weekend: 2_880, month: 43_200, year: 525_600, night: 1440, morning: 240, afternoon: 240, evening: 240 })[u!] ?? null,
);
const length: Parser<LengthValue> = longest<LengthValue>(
  seq([rx(`(?:for )?${bound}`, () => true), duration], ([, d]) => ({ kind: 'length', minutes: secondsOf(d) / 60 })),
  map(allPeriod, (minutes) => ({ kind: 'length', minutes })),
);

/** A repetition with its time before or behind it: "every Monday at 4pm", "3pm each day". */
const repetition: Parser<SetValue & { clock?: ClockValue }> = longest<SetValue & { clock?: ClockValue }>(
  set,
  (scan, from) => {
    const s = set(scan, from);
    if (!s) return null;
    const between = link.exec(scan.text.slice(s.end, s.end + 40))![0];
    const next = between === '' ? null : (cluster(scan, s.end + between.length) ?? cluster(scan, s.end + blank(scan.text, s.end)));
    return next && (!next.value.weak || next.value.times || next.value.time) ? { end: next.end, value: { ...s.value, clock: next.value } } : null;
  },
  (scan, from) => {
    const c = cluster(scan, from);
    const s = c && c.value.day === undefined && c.end < scan.text.length ? set(scan, c.end + blank(scan.text, c.end)) : null;
    return c && s ? { end: s.end, value: { ...s.value, clock: c.value } } : null;
  },
);

const anything: Parser<Value> = longest<Value>(repetition, point, range, lengthFrom, length);

const prepositions =
  /(?:^|[\s,(])(?:on|by|until|till|til|in|for|since|before|after|from|this|next|last|every|during|of|around|due|through|to|and|or|between|@|@on|the|til|via|early|late|mid)\s*$/;

function isStrong(hit: Hit<Value>, from: number, scan: Scan): boolean {
  const v = hit.value;
  if (v.kind === 'days') return v.weak !== true || prepositionBefore(scan.text, from);
  if (v.kind !== 'clock') return true;
  if (!v.weak) return true;
  if (v.part && !v.day && !v.time) return true;
  return v.day !== undefined && /(?:^|\s)(?:on|by|next|this|until|till|before|after|from|@)\s*@?$/.test(scan.text.slice(Math.max(0, from - 8), from));
}

function prepositionBefore(text: string, from: number): boolean {
  return prepositions.test(text.slice(Math.max(0, from - 12), from)) && !/(?:to|the|and|or|for) $/.test(text.slice(Math.max(0, from - 5), from));
}

interface Placed {
  from: number;
  to: number;
  value: Value;
}

function scanAll(scan: Scan): Placed[] {
  const found: Placed[] = [];
  let free = 0;
  let tries = 0;
  starts.lastIndex = 0;
  for (let m = starts.exec(scan.text); m && found.length < maxFound; m = starts.exec(scan.text)) {
    if (m.index < free || !opener.test(scan.text.slice(m.index, m.index + 20))) {
      skipWord(scan.text, m.index);
      continue;
    }
    if (++tries > maxTries) break;
    const hit = anything(scan, m.index);
    if (hit && isStrong(hit, m.index, scan) && !inWord(scan.text, hit.end)) {
      found.push({ from: m.index, to: hit.end, value: hit.value });
      free = hit.end;
      starts.lastIndex = hit.end;
    } else skipWord(scan.text, m.index);
  }
  return found;
}

function skipWord(text: string, from: number): void {
  let end = from + 1;
  if (text[from] !== '@') while (end < text.length && /[a-z0-9'_]/.test(text[end]!)) end++;
  starts.lastIndex = end;
}

/** A date does not stop in the middle of a word or a name with hyphens such as "up-to-date". */
const inWord = (text: string, end: number): boolean => /^[a-z0-9_]/.test(text.slice(end, end + 1)) && /[a-z0-9]/.test(text[end - 1] ?? '');

type Written = Pick<FoundDate, 'start' | 'end' | 'grain' | 'kind' | 'loose' | 'edge' | 'lastDay'>;

/** Where a time was said: in the user's zone, or in the one named beside it. */
interface Place {
  scan: Scan;
  t: (wall: WallTime) => string;
  /** Days from the user's today to the one there. */
  ahead: number;
}

function placeOf(abroad: Abroad | undefined, scan: Scan, zone: Zone): Place {
  if (!abroad) return { scan, t: (wall) => isoTime(zone, wall), ahead: 0 };
  const now = wallTime(abroad.zone, instantOf(zone, scan.now));
  const today = dayOfTime(now);
  return { scan: { ...scan, now, today }, t: (wall) => isoTime(abroad.zone, wall), ahead: today - scan.today };
}

const abroadOf = (v: Value): Abroad | undefined =>
  v.kind === 'set' ? v.clock?.abroad : v.kind === 'clock' || v.kind === 'range' || v.kind === 'stamp' ? v.abroad : undefined;

function write(v: Value, scan: Scan, zone: Zone): Written | null {
  const place = placeOf(abroadOf(v), scan, zone);
  const { t } = place;
  if (v.kind === 'stamp') return { kind: 'datetime', start: t(v.time), end: null, grain: v.grain };
  if (v.kind === 'moment') return { kind: 'datetime', start: t(v.time), end: null, grain: v.grain };
  if (v.kind === 'moments') return { kind: 'datetimerange', start: t(v.start), end: t(v.end), grain: 'minute' };
  if (v.kind === 'days')
    return {
      kind: 'daterange',
      start: isoDate(v.start),
      end: isoDate(v.end),
      grain: v.grain,
      ...(v.edge && { edge: v.edge }),
      ...(v.lastDay && { lastDay: true as const }),
    };
  if (v.kind === 'range' && v.whole)
    return { kind: 'daterange', start: isoDate(v.start), end: isoDate(v.end), grain: v.grain, ...(v.lastDay && { lastDay: true as const }) };
  if (v.kind === 'range')
    return {
      kind: v.timeOnly ? 'timerange' : 'datetimerange',
      start: t(upcoming(v.start, v.timeOnly, v.end, place)),
      end: t(upcoming(v.end, v.timeOnly, v.end, place)),
      grain: v.grain,
    };
  if (v.kind === 'set') return writeFirst(v, place);
  return v.kind === 'clock' ? writeClock(v, scan.today, place) : null;
}

function upcoming(wall: WallTime, shift: boolean | undefined, end: WallTime, { scan, ahead: days }: Place): WallTime {
  if (!shift) return wall;
  const there = wall + days * daySeconds;
  return end + days * daySeconds <= scan.now ? there + daySeconds : there;
}

function writeFirst(v: SetValue & { clock?: ClockValue }, { scan, t }: Place): Written | null {
  const seconds = v.clock?.time
    ? clockSeconds(v.clock.time, v.clock.part ?? (v.part && { kind: 'part', from: v.part[0], to: v.part[1] }))
    : (v.clock?.part?.from ?? v.part?.[0]);
  const base = v.clock?.day ?? v.first;
  if (v.clock?.times) {
    const { from, to } = v.clock.times;
    const start = base ?? (at(scan.today, from) >= scan.now ? scan.today : scan.today + 1);
    return { kind: 'datetimerange', start: t(at(start, from)), end: t(at(start, to)), grain: 'minute' };
  }
  if (seconds === undefined) return base === undefined ? null : { kind: 'date', start: isoDate(base), end: null, grain: 'day' };
  const first = base ?? (at(scan.today, seconds) >= scan.now ? scan.today : scan.today + 1);
  const late = v.first === scan.today && at(first, seconds) < scan.now && v.rule.includes('WEEKLY') && !v.rule.includes(',') ? 7 : 0;
  return { kind: 'datetime', start: t(at(first + late, seconds)), end: null, grain: 'minute' };
}

/** A named day is the user's day, whatever the zone; without a day the time is the next one there. */
function writeClock(v: ClockValue, today: Day, { scan, t }: Place): Written | null {
  const dayFixed = v.day ?? (v.part?.shift !== undefined ? today + v.part.shift : undefined);
  if (v.times) {
    const half = v.part && v.part.from >= 12 * 3600 && v.times.to <= 12 * 3600 ? 12 * 3600 : 0;
    const base = dayFixed ?? (at(scan.today, v.times.to + half) > scan.now ? scan.today : scan.today + 1);
    return {
      kind: dayFixed === undefined ? 'timerange' : 'datetimerange',
      start: t(at(base, v.times.from + half)),
      end: t(at(base, v.times.to + half)),
      grain: 'minute',
    };
  }
  if (v.time) return writeTime(v.time, v, dayFixed, scan, t);
  if (v.part) {
    const base = dayFixed ?? (at(scan.today, v.part.to) > scan.now ? scan.today : scan.today + 1);
    const loose = v.weak && dayFixed === undefined;
    return {
      kind: dayFixed === undefined ? 'timerange' : 'datetimerange',
      start: t(at(base, v.part.from)),
      end: t(at(base, v.part.to)),
      grain: 'hour',
      ...(loose && { loose }),
    };
  }
  return v.day === undefined ? null : { kind: 'date', start: isoDate(v.day), end: null, grain: 'day' };
}

function writeTime(value: TimeValue, { part: p, open }: ClockValue, fixedDay: Day | undefined, scan: Scan, t: (wall: WallTime) => string): Written {
  let seconds = clockSeconds(value, p);
  if (p && p.from >= 20 * 3600 && value.seconds === 0 && value.loose !== true) seconds = 24 * 3600;
  const isToday = fixedDay === undefined || fixedDay === scan.today;
  if (
    value.loose &&
    !p &&
    isToday &&
    open !== 'week' &&
    seconds < 12 * 3600 &&
    at(scan.today, seconds) < scan.now &&
    at(scan.today, seconds + 12 * 3600) >= scan.now &&
    scan.now > at(scan.today, 0)
  )
    seconds += 12 * 3600;
  const base = fixedDay ?? (at(scan.today, seconds) >= scan.now ? scan.today : scan.today + 1);
  if (open === 'week' && fixedDay === scan.today && at(base, seconds) < scan.now)
    return { kind: 'datetime', start: t(at(base + 7, seconds)), end: null, grain: value.grain };
  return { kind: fixedDay === undefined ? 'time' : 'datetime', start: t(at(base, seconds)), end: null, grain: value.grain };
}

/** Seconds after midnight of every clock in a value. */
function clocksOf(v: Value): number[] {
  if (v.kind === 'set') return v.clock ? clocksOf(v.clock) : [];
  if (v.kind === 'range') return v.whole ? [] : [v.start % daySeconds, v.end % daySeconds];
  if (v.kind !== 'clock') return [];
  return [v.time?.seconds, v.times?.from, v.times?.to].filter((seconds) => seconds !== undefined);
}

/** Beside a zone the clock is settled at once: whether it is past already depends on the zone. */
function settled(v: ClockValue, { is24, seconds }: SaidZone): ClockValue {
  if (!v.time?.loose) return v;
  return { ...v, time: { ...v.time, loose: false, seconds: is24 && !v.part ? seconds : clockSeconds(v.time, v.part) } };
}

/** A zone counts where both readers have the same clock; an hour may be morning or afternoon. Two zones in one phrase are left alone. */
function withZone(placed: Placed, zones: readonly SaidZone[]): Placed {
  const { from, to, value } = placed;
  const mine = zones.filter((z) => z.clockFrom < to && z.clockTo > from && clocksOf(value).some((s) => (s - z.seconds) % (12 * 3600) === 0));
  const [first] = mine;
  if (!first || mine.some((z) => z.zone.name !== first.zone.name)) return placed;
  const abroad: Abroad = { said: first.said, zone: first.zone };
  const clock = value.kind === 'set' ? value.clock : value;
  const reckoned = clock?.kind === 'clock' ? { ...settled(clock, first), abroad } : { ...value, abroad };
  return { from, to: Math.max(to, ...mine.map((z) => z.zoneTo)), value: (value.kind === 'set' ? { ...value, clock: reckoned } : reckoned) as Value };
}

/** A stamp takes the place of what was read inside it, and of nothing else. */
function withStamps(placed: readonly Placed[], found: readonly Stamp[]): Placed[] {
  const whole = found.filter((s) => placed.every((p) => p.to <= s.from || p.from >= s.to || (p.from >= s.from && p.to <= s.to)));
  const rest = placed.filter((p) => !whole.some((s) => p.from >= s.from && p.to <= s.to));
  const written = whole.map(({ from, to, time: moment, grain, zone }) => ({
    from,
    to,
    value: { kind: 'stamp' as const, time: moment, grain, ...(zone && { abroad: zone }) },
  }));
  return [...rest, ...written].sort((a, b) => a.from - b.from);
}

/** The rule in the user's zone. A weekly rule moves its days with the first time; of another rule with days undefined, if they would have to move. */
function ruleAtHome(rule: string, first: string, abroad: Abroad, zone: Zone): string | undefined {
  const moved = dayOfTime(readIso(zone, first)!) - dayOfTime(readIso(abroad.zone, first)!);
  if (moved === 0 || !rule.includes('BY')) return rule;
  const days = /^(FREQ=WEEKLY(?:;INTERVAL=\d+)?;BYDAY=)([A-Z]{2}(?:,[A-Z]{2})*)$/.exec(rule);
  return days ? `${days[1]}${days[2]!.replace(/[A-Z]{2}/g, (code) => weekCodes[(weekCodes.indexOf(code) + moved + 7) % 7]!)}` : undefined;
}
const weekCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** What the grammar reads, with the zones of its times. A zone that no time takes is left in the text as it stands. */
function withZones(scan: Scan, zones: readonly SaidZone[]): Placed[] {
  const readWith = (some: readonly SaidZone[]) => scanAll({ ...scan, text: blanked(scan.text, some) }).map((one) => withZone(one, some));
  const placed = readWith(zones);
  const taken = zones.filter((z) => placed.some((one) => abroadOf(one.value) !== undefined && one.from < z.clockTo && one.to >= z.zoneTo));
  return taken.length === zones.length ? placed : readWith(taken);
}

/** The words of the zones are blank for the first reader: their meaning is the second reader's. */
const blanked = (folded: string, zones: readonly SaidZone[]): string =>
  zones.reduce((text, { zoneFrom, zoneTo }) => text.slice(0, zoneFrom) + ' '.repeat(zoneTo - zoneFrom) + text.slice(zoneTo), folded);

/**
 * Finds dates, times, ranges, repetitions and lengths of time in the first {@link readChars} characters. The grammar of this room reads first; the
 * second reader adds the zone behind a time and the stamps of machines that the grammar reads in part.
 */
export function findDates(text: string, now: WallTime, zone: Zone): FoundDates {
  const head = text.slice(0, readChars);
  const folded = fold(head);
  const home = zone.offsetAt(instantOf(zone, now));
  const scan: Scan = { text: folded, now, today: dayOfTime(now), local: (iso) => readIso(zone, iso) };
  const placed = withStamps(withZones(scan, saidZones(head, home)), stamps(head, home));
  const found: FoundDates = { dates: [], recurrence: null, durationMinutes: null, spans: [] };
  for (const one of placed) keep(found, one, text, scan, zone);
  return found;
}

function keep(found: FoundDates, { from, to, value }: Placed, text: string, scan: Scan, zone: Zone): void {
  if (value.kind === 'length') {
    if (value.minutes >= 1) found.durationMinutes ??= Math.round(value.minutes);
    found.spans.push({ from, to, role: 'length' });
    return;
  }
  const abroad = abroadOf(value);
  const written = write(value, scan, zone);
  if (value.kind === 'set') {
    const rule = abroad && written ? ruleAtHome(value.rule, written.start, abroad, zone) : value.rule;
    if (rule === undefined) return keep(found, { from, to, value: { ...value, clock: atHome(value.clock!) } }, text, scan, zone);
    found.recurrence ??= rule;
  }
  found.spans.push({ from, to, role: value.kind === 'set' ? 'repeat' : 'date' });
  if (written) found.dates.push({ text: text.slice(from, to), ...written, from, to, ...(abroad && { zone: abroad.said }) });
}

/** As if no zone had been named. */
function atHome(v: ClockValue): ClockValue {
  const clock = { ...v };
  delete clock.abroad;
  return clock;
}
