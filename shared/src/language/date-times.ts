import { counts, dayParts, lastSecond, meals } from './date-words.ts';
import { count, duration } from './date-numbers.ts';
import { longest, map, maybe, oneOf, rx, seq, word, type Parser } from './grammar.ts';

/** A time of day in seconds after midnight. `loose`: an hour from 1 to 12 that may be meant twelve hours later. */
export interface TimeValue {
  kind: 'time';
  seconds: number;
  loose?: boolean;
  grain: 'second' | 'minute' | 'hour';
  /** A bare number; a time only beside a day or another time. */
  weak?: boolean;
}

/** A stretch of the day by name. `shift` is the day it lies in, from today, where the words say so ("last night" is -1). */
export interface PartValue {
  kind: 'part';
  from: number;
  to: number;
  shift?: number;
  weak?: boolean;
}

/** From one time of day to another; `to` may lie past midnight. */
export interface TimesValue {
  kind: 'times';
  from: number;
  to: number;
  weak?: boolean;
}

type Half = 'am' | 'pm';
const half: Parser<Half> = rx(String.raw`([ap])(?:\.\s?|\s)?m(?![a-z0-9])\.?`, ([, h]) => (h === 'a' ? 'am' : 'pm'));
const inHalf: Parser<Half> = longest(
  half,
  map(word('in the morning|this morning'), () => 'am' as const),
  map(word('in the afternoon|in the evening|at night|in the night'), () => 'pm' as const),
);
const clockWord = String.raw`o\s?'?\s?clock(?![a-z])`;

function timeOf(hour: number, minute: number, second: number, h: Half | undefined, grain: TimeValue['grain'], sure24 = false): TimeValue | null {
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute > 0)) return null;
  if (h && (hour === 0 || hour > 12)) return h === 'pm' && hour > 12 ? timeOf(hour, minute, second, undefined, grain) : null;
  const base = h === undefined ? hour % 24 : (hour % 12) + (h === 'pm' ? 12 : 0);
  const loose = h === undefined && !sure24 && hour >= 1 && hour <= 12;
  return { kind: 'time', seconds: base * 3600 + minute * 60 + second, grain, ...(loose && { loose }) };
}

const hourWord: Parser<number> = map(oneOf(counts), (n) => (n >= 1 && n <= 12 ? n : null));
const minuteWord: Parser<number> = longest(
  map(oneOf(counts), (n) => (n >= 10 && n <= 59 ? n : null)),
  seq([word('oh|o'), map(oneOf(counts), (n) => (n >= 1 && n <= 9 ? n : null))], ([, n]) => n),
);
const anyHour: Parser<number> = longest(
  rx(String.raw`(\d{1,2})(?![\d:]|[./]\d|(?:st|nd|rd|th)(?![a-z]))`, ([, n]) => (Number(n) <= 24 ? Number(n) : null)),
  hourWord,
);
const pastWord = rx('(past|after|to|before|of|till|til)(?![a-z])', ([, w]) => (/past|after/.test(w!) ? 1 : -1));
const minutesBefore: Parser<number> = longest(
  map(word('half|a half'), () => 30),
  map(word('quarter|a quarter'), () => 15),
  map(word('three quarters'), () => 45),
  seq([map(count, (n) => (n >= 1 && n <= 59 ? n : null)), maybe(word('minutes|minute|mins|min'))], ([n]) => n),
);

const hoursLong: Parser<number> = map(duration, ({ seconds, unit: u }) => (seconds > 0 && seconds < 43_200 && u !== 'second' ? seconds / 60 : null));

function relativeTime(minutes: number, direction: number, hour: number, h: Half | undefined): TimeValue | null {
  const base = timeOf(hour, 0, 0, h, 'minute');
  if (!base) return null;
  const seconds = base.seconds + direction * minutes * 60;
  return { ...base, seconds: (seconds + 86_400) % 86_400 };
}

const sharp = maybe(word('sharp|exactly|on the dot|ish|or so'));

/** Times with their own mark (a colon, am/pm, o'clock, noon): dates wherever they stand. */
const marked: Parser<TimeValue> = longest(
  seq([rx(String.raw`(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])`, (g) => g), maybe(inHalf)], ([[, a, b, c], h]) =>
    timeOf(Number(a), Number(b), Number(c ?? 0), h, c === undefined ? 'minute' : 'second', a!.startsWith('0') && a !== '00' && h === undefined),
  ),
  seq([rx(String.raw`(\d{1,2})[.h](\d{2})(?![\d])(?=\s?[ap]\.?\s?m(?![a-z])|h)h?`, (g) => g), maybe(inHalf)], ([[, a, b], h]) =>
    timeOf(Number(a), Number(b), 0, h, 'minute'),
  ),
  seq([rx(String.raw`(\d{1,2})(?:ish)?(?![\d:]|[./]\d)`, ([, n]) => Number(n)), inHalf], ([n, h]) => timeOf(n, 0, 0, h, 'hour')),
  rx(String.raw`(1[0-2]|[1-9])([0-5]\d)\s?([ap])\.?\s?m(?![a-z0-9])\.?`, ([, a, b, h]) => timeOf(Number(a), Number(b), 0, h === 'a' ? 'am' : 'pm', 'minute')),
  rx(String.raw`(\d{1,2})-?ish(?![a-z])`, ([, n]) => timeOf(Number(n), 0, 0, undefined, 'hour')),
  rx(String.raw`([01]?\d|2[0-3])h([0-5]\d)(?![a-z0-9])`, ([, a, b]) => timeOf(Number(a), Number(b), 0, undefined, 'minute')),
  seq([hourWord, maybe(word('ish')), inHalf], ([n, , h]) => timeOf(n, 0, 0, h, 'hour')),
  seq([longest(hourWord, anyHour), minuteWord, inHalf], ([a, b, h]) => timeOf(a, b, 0, h, 'minute')),
  seq([anyHour, rx(clockWord, () => true), maybe(inHalf)], ([n, , h]) => timeOf(n, 0, 0, h, 'hour')),
  seq([minutesBefore, pastWord, anyHour, maybe(rx(clockWord, () => true)), maybe(inHalf)], ([m, d, n, , h]) => relativeTime(m, d, n, h)),
  seq([minutesBefore, pastWord, word('noon|midday')], ([m, d]) => relativeTime(m, d, 12, 'pm')),
  seq([minutesBefore, pastWord, word('midnight')], ([m, d]) => relativeTime(m, d, 12, 'am')),
  seq(
    [
      hoursLong,
      rx('(before|after|past)(?![a-z])', ([, w]) => (w === 'before' ? -1 : 1)),
      longest(
        map(word('noon|midday'), () => 12),
        map(word('midnight'), () => 0),
      ),
    ],
    ([m, d, hour]) => relativeTime(m, d, hour === 0 ? 12 : hour, hour === 0 ? 'am' : 'pm'),
  ),
  seq([maybe(word('12|twelve')), word('noon|noontime|midday|mid-day|mid day|noonish|high noon')], () => timeOf(12, 0, 0, 'pm', 'hour')),
  seq([maybe(word('12|twelve')), word('midnight|mid night|mid-night')], () => timeOf(0, 0, 0, undefined, 'hour', true)),
  rx(String.raw`([01]\d|2[0-3])([0-5]\d)\s?(?:hours|hrs|h|hr)(?![a-z0-9])`, ([, a, b]) => timeOf(Number(a), Number(b), 0, undefined, 'minute', true)),
  rx(String.raw`t([01]\d|2[0-3]):?([0-5]\d)(?::?([0-5]\d))?(?:z|[+-]\d\d:?\d\d)?(?![a-z0-9])`, ([, a, b, c]) =>
    timeOf(Number(a), Number(b), Number(c ?? 0), undefined, 'minute', true),
  ),
);

const notATime = String.raw`(?!\s?(?:%|\$|percent|dollars|euros|pounds|bucks|cents|degrees|people|persons|guests|items|stars|miles|km|kg|mph|street|st\b|avenue|minutes|mins|min|hours|hrs|days|weeks|months|years|times|points|of\s+(?:the|my|them|us)\b|least|most|first|last|once))`;

/** "at 5", "at eight thirty": a bare hour after `at`. */
const after: Parser<TimeValue> = longest(
  seq(
    [
      word('at|@|at around|at about|around|about|by|until|till|before|after|from'),
      rx(String.raw`(\d{1,2})(?![\d:a-z]|[.,/]\d)${notATime}`, ([, n]) => Number(n)),
      sharp,
    ],
    ([, n]) => (n >= 1 ? timeOf(n, 0, 0, undefined, 'hour') : null),
  ),
  seq([word('at|@|at around|at about'), rx(String.raw`([01]?\d|2[0-3])h(?![a-z0-9])`, ([, n]) => Number(n))], ([, n]) =>
    timeOf(n, 0, 0, undefined, 'hour', true),
  ),
  seq([word('at|@|at around|at about'), hourWord, minuteWord, maybe(inHalf)], ([, a, b, h]) => timeOf(a, b, 0, h, 'minute')),
  seq([word('at|@|at around|at about'), rx(String.raw`(\d{1,2})[. ](\d{2})(?![\d.%])${notATime}`, (g) => g)], ([, [, a, b]]) =>
    timeOf(Number(a), Number(b), 0, undefined, 'minute'),
  ),
  seq([word('at|@|at around|at about'), rx(String.raw`([01]\d|2[0-3])([0-5]\d)(?![\d%]|[.:/-]\d)${notATime}`, (g) => g)], ([, [, a, b]]) =>
    timeOf(Number(a), Number(b), 0, undefined, 'minute', true),
  ),
  (scan, from) => seq([word('at|@|at around|at about'), map(hourWord, (n) => n), sharp], ([, n]) => timeOf(n, 0, 0, undefined, 'hour'))(scan, from),
);
const notAfterWord = new RegExp(notATime, 'y');

/** "at one point" is no time. */
const refusing =
  (parser: Parser<TimeValue>): Parser<TimeValue> =>
  (scan, at) => {
    const hit = parser(scan, at);
    if (!hit) return null;
    notAfterWord.lastIndex = hit.end;
    return notAfterWord.test(scan.text) &&
      !/^\s(?:point|time|of|place|with|stage|level|another|night|morning|afternoon|evening)\b/.test(scan.text.slice(hit.end, hit.end + 11))
      ? hit
      : null;
  };

const at = refusing(after);
/** Only `at` makes a bare number a time by itself; "by 5" and "around 5" need a day beside them. */
const atTime: Parser<TimeValue> = (scan, from) => {
  const hit = at(scan, from);
  return hit && !/^(?:at|@)/.test(scan.text.slice(from, from + 3)) ? { end: hit.end, value: { ...hit.value, weak: true } } : hit;
};

const approximately = maybe(word('around|about|approximately|roughly|at|@|circa|approx|at around|at about|exactly'));
/** Names of zones that the second reader left, because they have several meanings: they belong to the time but change nothing. */
const zoneName = String.raw`\s?\(?(?:utc|gmt|est|edt|pst|pdt|cst|cdt|mst|mdt|cet|cest|bst|ist)(?![a-z])(?:[+-]\d{1,2}(?::?\d{2})?)?\)?`;
const timeMark = seq([approximately, marked, sharp], ([, t]) => t);

/** "seven thirty": a time only beside a day. */
const plainWords: Parser<TimeValue> = seq([hourWord, minuteWord], ([a, b]) => {
  const value = timeOf(a, b, 0, undefined, 'minute');
  return value && { ...value, weak: true };
});

/** A time of day. */
export const time: Parser<TimeValue> = (scan, from) => {
  const hit = longest(timeMark, atTime, plainWords)(scan, from);
  if (!hit) return null;
  const zone = new RegExp(zoneName, 'y');
  zone.lastIndex = hit.end;
  return { end: hit.end + (zone.exec(scan.text)?.[0].length ?? 0), value: hit.value };
};

const partName: Parser<readonly [number, number]> = oneOf(dayParts);
const notAPart = /^(?:\s?-?)(?:club|stand|mare|shift|gown|owl|light|life|fall|king|tea|sickness|coffee)\b/;
const idiom = /(?:good|happy|goodnight)\s$/;

/** Named parts of the day. Without "in the", "this" or "at" they are weak, because "night market" names no time for a task. */
export const part: Parser<PartValue> = longest(
  rx('(tonight|tonite|to night)(?![a-z0-9])', () => ({ kind: 'part' as const, from: 20 * 3600, to: lastSecond, shift: 0 })),
  seq([rx('(late|early|later|earlier) (tonight|this morning|this afternoon|this evening)(?![a-z])', ([, a, b]) => [a!, b!] as const)], ([[a, b]]) => {
    const name = b === 'tonight' ? 'night' : b.slice(5);
    const [from, to] = dayParts[`${a.slice(0, a.startsWith('late') ? 4 : 5)} ${name}`] ?? dayParts[name]!;
    return { kind: 'part', from, to, shift: 0 };
  }),
  seq([rx('(early|late) (?:in the|that) (morning|afternoon|evening)(?![a-z])', ([, a, b]) => dayParts[`${a} ${b}`] ?? null)], ([[from, to]]) => ({
    kind: 'part',
    from,
    to,
  })),
  seq([rx('(this|last|yesterday)(?![a-z])', ([, w]) => w!), partName], ([w, [from, to]]) => ({ kind: 'part', from, to, shift: w === 'this' ? 0 : -1 })),
  seq([rx('(in the|during the|over the|for the|during|at|the)(?![a-z])', ([, w]) => w!), partName], ([w, [from, to]]) => ({
    kind: 'part',
    from,
    to,
    ...(w === 'the' && { weak: true }),
  })),
  seq([word('at|over|during'), oneOf(meals)], ([, [from, to]]) => ({ kind: 'part', from, to })),
  (scan, at0) => {
    const hit = partName(scan, at0);
    if (!hit || notAPart.test(scan.text.slice(hit.end, hit.end + 12)) || idiom.test(scan.text.slice(Math.max(0, at0 - 12), at0))) return null;
    if (/^(?:morn|eve|nite)(?![a-z])/.test(scan.text.slice(at0, at0 + 5))) return null;
    return { end: hit.end, value: { kind: 'part', from: hit.value[0], to: hit.value[1], weak: true } };
  },
);

const join = maybe(word('from|between|starting at|starting from|starting|beginning at'));
const to = rx(
  String.raw`(?:-|to(?![a-z])|until(?![a-z])|till(?![a-z])|til(?![a-z])|through(?![a-z])|thru(?![a-z])|and(?![a-z])|ending at(?![a-z]))`,
  () => true,
);
const bareTime: Parser<TimeValue> = longest(
  timeMark,
  map(
    rx(String.raw`(\d{1,2})(?![\d:a-z]|[./]\d|\s?%)`, ([, n]) => Number(n)),
    (n) => (n <= 24 ? bare(n) : null),
  ),
  seq([longest(hourWord, anyHour), minuteWord], ([a, b]) => timeOf(a, b, 0, undefined, 'minute')),
  map(hourWord, bare),
);

function bare(hour: number): TimeValue | null {
  const value = timeOf(hour, 0, 0, undefined, 'hour');
  return value && { ...value, weak: true };
}

/** Four digits; the first of a pair must begin with 0, because "1900 to 1945" are years. */
const military = (source: string) => rx(`${source}([0-5]\\d)(?![\\d:a-z%]|[./-]\\d)`, ([, a, b]) => timeOf(Number(a), Number(b), 0, undefined, 'minute', true));
const second = seq([to, maybe(word('at|about|around')), bareTime], ([, , b]) => b);
/** "ten to five pm" is a time, unless "from" stands before it. */
const minuteWords: ReadonlySet<number> = new Set([5 * 3600, 10 * 3600]);
/** "5 to 6pm" is five minutes to six only where it does not stand as a pair. */
const pair: Parser<readonly [TimeValue, TimeValue]> = longest(
  seq(
    [
      join,
      map(
        rx(String.raw`(\d{1,2})(?![\d:a-z]|[./]\d)`, ([, n]) => Number(n)),
        (n) => (n <= 24 ? bare(n) : null),
      ),
      second,
    ],
    ([, a, b]) => [a, b] as const,
  ),
  seq([join, map(hourWord, bare), second], ([open, a, b]) => (open === undefined && minuteWords.has(a.seconds) ? null : ([a, b] as const))),
  seq([join, bareTime, second], ([, a, b]) => [a, b] as const),
  seq([join, military(String.raw`(0\d)`), to, military(String.raw`([01]\d|2[0-3])`)], ([, a, , b]) => [a, b] as const),
);

/** "3 to 5pm", "from 9 to 10:30", "between 9am and noon". */
export const times: Parser<TimesValue> = (scan, from) => {
  const hit = pair(scan, from);
  if (!hit) return null;
  const [a, b] = hit.value;
  const opened = /^(?:from|between)/.test(scan.text.slice(from, from + 8));
  const says = scan.text.slice(from, hit.end);
  if (/\sand\s/.test(says) && !says.startsWith('between')) return null;
  if (!opened && a.weak && b.weak && !/\d\s?(?:-|to|till|until)\s?\d/.test(says)) return null;
  const value = spanOfTimes(a, b);
  /* "3-2" is a score before it is a night. */
  if (!opened && a.weak && b.weak && value && value.to > 86_400) return null;
  return value && { end: hit.end, value: { ...value, ...(a.weak && b.weak && { weak: true }) } };
};

/** The afternoon is meant where it makes the later time later; the first time takes the half of the second where it then still comes before it. */
export function spanOfTimes(a: TimeValue, b: TimeValue): TimesValue | null {
  const noon = 12 * 3600;
  let [from, to] = [a.seconds, b.seconds];
  if (a.loose && !b.loose) from = pickBefore(from % noon, to);
  else if (!a.loose && b.loose) to = to % noon > from ? to % noon : to % noon <= from && (to % noon) + noon > from ? (to % noon) + noon : to % noon;
  else if (a.loose && b.loose) [from, to] = looseSpan(from % noon, to % noon);
  if (to === from) return null;
  return { kind: 'times', from, to: to > from ? to : to + 86_400 };
}

const pickBefore = (morning: number, to: number) => (morning + 12 * 3600 < to ? morning + 12 * 3600 : morning);

/** Both without am or pm: office hours are likelier than night. */
function looseSpan(a: number, b: number): [number, number] {
  const from = likely(a);
  const candidates = [b, b + 12 * 3600].filter((t) => t > from);
  return [from, candidates[0] ?? b];
}

/** 7 to 11 are taken for the morning, 12 to 6 for the afternoon. */
export const likely = (seconds: number): number => {
  const hour = Math.floor(seconds / 3600);
  return hour === 0 || (hour >= 1 && hour < 7) ? seconds + 12 * 3600 : seconds;
};
