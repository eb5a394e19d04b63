import { longest, map, maybe, once, oneOf, rx, seq, word, type Parser } from './grammar.ts';
import { amounts, counts, months, ordinals, units, unitSizes, weekdays, type Unit } from './date-words.ts';

/** A whole number in digits or words; `3.5` only where a unit follows (see {@link duration}). */
export const count: Parser<number> = longest(
  rx(String.raw`(\d{1,4})(?![\d:]|[./]\d|st\b|nd\b|rd\b|th\b)`, ([, n]) => Number(n)),
  oneOf(counts),
);

const digitsOrdinal: Parser<number> = rx(String.raw`(\d{1,2})(?:st|nd|rd|th)(?![a-z0-9])`, ([, n]) => Number(n));

export const ordinal: Parser<number> = longest(digitsOrdinal, oneOf(ordinals));

export const monthName: Parser<number> = rx(
  String.raw`(${Object.keys(months)
    .sort((a, b) => b.length - a.length)
    .join('|')})(?![a-z])\.?`,
  ([, name]) => months[name!] ?? null,
);

export const weekday: Parser<number> = rx(
  String.raw`(${Object.keys(weekdays)
    .sort((a, b) => b.length - a.length)
    .join('|')})(?![a-z0-9])\.?`,
  ([, name]) => weekdays[name!] ?? null,
);

export const unit: Parser<Unit> = oneOf(units);

const centuries = { eighteen: 1800, nineteen: 1900, twenty: 2000, seventeen: 1700, sixteen: 1600, fifteen: 1500 };
const below100: Parser<number> = map(oneOf(counts), (n) => (n >= 1 && n <= 99 ? n : null));

/** A year in four digits, `'98`, or words such as "nineteen ninety three" and "two thousand and five". */
export const year: Parser<number> = longest(
  rx(
    String.raw`(1[5-9]\d\d|20\d\d|2100)(?![\d:a-z]|[.,/-]\d|\s?[%$€£]|\s(?:dollars|euros|pounds|bucks|people|items|points|steps|calories|miles|km|meters|feet|kg|words|tokens|hours|minutes)\b)(?<!(?:room|order|number|flight|page|apt|suite|unit|code|pin|model|version|\$|#)\s?\d{4})`,
    ([, n]) => Number(n),
  ),
  rx(String.raw`'(\d\d)(?!\d|s\b)`, ([, n]) => twoDigitYear(Number(n))),
  seq([oneOf(centuries), map(oneOf(counts), (n) => (n >= 10 && n <= 99 ? n : null))], ([c, n]) => c + n),
  seq([oneOf(centuries), word('oh|o'), below100], ([c, , n]) => (n < 10 ? c + n : null)),
  seq([oneOf(centuries), word('hundred'), maybe(word('and')), below100], ([c, , , n]) => c + n),
  seq([oneOf(centuries), word('hundred')], ([c]) => c),
  seq([word('two thousand'), maybe(word('and')), maybe(below100)], ([, , n]) => 2000 + (n ?? 0)),
);

/** The pivot of Recognizers-Text: 90 to 99 lie in the past century, all others ahead of it. */
export const twoDigitYear = (n: number): number => (n >= 90 ? 1900 + n : 2000 + n);

/** A length of time. Months and days are kept apart from seconds because their length depends on where they start. */
export interface Length {
  months: number;
  days: number;
  workdays: number;
  seconds: number;
  /** The whole in seconds, with months of 30 and years of 365 days as Recognizers-Text counts them. */
  total: number;
  /** The smallest unit named. */
  unit: Unit;
}

const monthSeconds = 30 * 86_400;
const secondsIn = ({ seconds, days, months }: (typeof unitSizes)[Unit]): number =>
  seconds ?? (days !== undefined ? days * 86_400 : months! < 12 ? months! * monthSeconds : (months! / 12) * 365 * 86_400);

export function lengthOf(amount: number, of: Unit): Length {
  const size = unitSizes[of];
  const length: Length = { months: 0, days: 0, workdays: 0, seconds: 0, total: Math.round(secondsIn(size) * amount), unit: of };
  if (of === 'workday') return { ...length, workdays: Math.round(amount) };
  if (size.seconds) return { ...length, seconds: Math.round(size.seconds * amount) };
  if (size.days)
    return Number.isInteger(size.days * amount) ? { ...length, days: size.days * amount } : { ...length, seconds: Math.round(size.days * amount * 86_400) };
  const whole = size.months! * amount;
  return Number.isInteger(whole) ? { ...length, months: whole } : { ...length, days: Math.round(whole * 30) };
}

const addLengths = (a: Length, b: Length): Length => ({
  months: a.months + b.months,
  days: a.days + b.days,
  workdays: a.workdays + b.workdays,
  seconds: a.seconds + b.seconds,
  total: a.total + b.total,
  unit: b.unit,
});

export const secondsOf = ({ total }: Length): number => total;

const amount: Parser<number> = longest(
  rx(String.raw`(\d{1,4}(?:\.\d{1,2})?)(?![\d:]|[./]\d)`, ([, n]) => Number(n)),
  rx(String.raw`(\d{1,3})\s?(?:1\/2|½)`, ([, n]) => Number(n) + 0.5),
  seq([count, word('and a half')], ([n]) => n + 0.5),
  oneOf(amounts),
  oneOf(counts),
);

const plain: Parser<Length> = seq([amount, maybe(word('more|whole|full|extra|long|consecutive')), unit], ([n, , u]) => (n > 0 ? lengthOf(n, u) : null));
/** "three night markets" are no three nights. */
const oddNight = /(?<!\ba |one |1 |another |half a )\bnight$/;
/** One-letter units need a digit directly before them, or "a m" and "5 d" would be lengths. */
const compact: Parser<Length> = rx(
  String.raw`(\d{1,4}(?:\.\d{1,2})?)(s|m|h|d|w|y|min|mins|hr|hrs)(?:(\d{1,2})(m|min|mins))?(?![a-z0-9])`,
  ([, n, u, n2, u2]) => {
    const first = lengthOf(Number(n), units[u!]!);
    return n2 === undefined ? first : addLengths(first, lengthOf(Number(n2), units[u2!]!));
  },
);
const wordy: Parser<Length> = (scan, at) => {
  const hit = plain(scan, at);
  const says = hit ? scan.text.slice(at, hit.end) : '';
  return /(?:^|[\s-])[a-z]$/.test(says) || oddNight.test(says) ? null : hit;
};
const hyphened: Parser<Length> = rx(
  String.raw`(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)-(minute|hour|day|week|month|year|night)(?![a-z])`,
  ([, n, u]) => lengthOf(/\d/.test(n!) ? Number(n) : counts[n!]!, units[u!]!),
);
const andHalf: Parser<Length> = seq([maybe(amount), unit, word('and a half|and half')], ([n, u]) => lengthOf((n ?? 1) + 0.5, u));
/** "1 and 1/2 hours", "two and three quarters hours". */
const mixed: Parser<Length> = seq(
  [
    count,
    maybe(word('and')),
    rx(String.raw`(1\/2|1\/4|3\/4|½|¼|¾|a half|a quarter|three quarters)(?![a-z0-9])`, ([, f]) => fractions[f!] ?? null),
    maybe(word('of an?')),
    unit,
  ],
  ([n, , f, , u]) => lengthOf(n + f, u),
);
const fractions: Readonly<Record<string, number>> = {
  '1/2': 0.5,
  '½': 0.5,
  'a half': 0.5,
  '1/4': 0.25,
  '¼': 0.25,
  'a quarter': 0.25,
  '3/4': 0.75,
  '¾': 0.75,
  'three quarters': 0.75,
};
const quarterHours: Parser<Length> = seq(
  [
    maybe(
      longest(
        count,
        map(word('a'), () => 1),
      ),
    ),
    word('quarters?(?: of)? an? hour'),
  ],
  ([n]) => lengthOf((n ?? 1) * 15, 'minute'),
);
const single: Parser<Length> = longest(wordy, compact, hyphened, andHalf, mixed, quarterHours);

/** "two weeks", "an hour and a half", "1 hour and 30 minutes", "90min". */
export const duration: Parser<Length> = once((scan, at) => {
  let hit = single(scan, at);
  if (hit && /^[\s-](?:years?[\s-])?old\b/.test(scan.text.slice(hit.end, hit.end + 6))) return null;
  const more = seq([maybe(word('and')), single], ([, next]) => next);
  for (let rounds = 0; hit && rounds < 4; rounds++) {
    const next = more(scan, afterGap(scan.text, hit.end));
    if (!next || secondsOf(next.value) >= secondsOf(hit.value)) break;
    hit = { end: next.end, value: addLengths(hit.value, next.value) };
  }
  return hit;
});

const afterGap = (text: string, at: number) => at + (/^[\s,]{1,2}/.exec(text.slice(at, at + 3))?.[0].length ?? 0);
