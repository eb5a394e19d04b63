import { addMonths, dayOf, weekdayOf, type Day } from './civil.ts';

export const months: Readonly<Record<string, number>> = {
  january: 1,
  february: 2,
  march: 3,
  april: 4,
  may: 5,
  june: 6,
  july: 7,
  august: 8,
  september: 9,
  october: 10,
  november: 11,
  december: 12,
  jan: 1,
  feb: 2,
  mar: 3,
  apr: 4,
  jun: 6,
  jul: 7,
  aug: 8,
  sep: 9,
  sept: 9,
  oct: 10,
  nov: 11,
  dec: 12,
};

/** Months that are safe to read as such when they stand alone. */
export const plainMonths = /^(january|february|april|june|july|august|september|october|november|december)/;

/** 1 = Monday to 7 = Sunday. */
export const weekdays: Readonly<Record<string, number>> = {
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
  sunday: 7,
  mon: 1,
  tue: 2,
  tues: 2,
  wed: 3,
  weds: 3,
  thu: 4,
  thur: 4,
  thurs: 4,
  fri: 5,
  sat: 6,
  sun: 7,
};

/** Short weekday names that are words of their own; alone they are no date. */
export const doubtfulWeekdays: ReadonlySet<string> = new Set(['mon', 'wed', 'sat', 'sun']);

const ones = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const firsts =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(
    ' ',
  );

function countWords(): Record<string, number> {
  const words: Record<string, number> = {};
  ones.forEach((name, n) => (words[name] = n));
  tens.forEach((name, t) => {
    words[name] = 20 + t * 10;
    for (let n = 1; n < 10; n++) words[`${name} ${ones[n]}`] = 20 + t * 10 + n;
  });
  return words;
}

function ordinalWords(): Record<string, number> {
  const words: Record<string, number> = {};
  firsts.forEach((name, n) => (words[name] = n + 1));
  words['twentieth'] = 20;
  words['thirtieth'] = 30;
  for (const [at, name] of [
    [20, 'twenty'],
    [30, 'thirty'],
  ] as const)
    for (let n = 1; n < 10; n++) words[`${name} ${firsts[n - 1]}`] = at + n;
  return words;
}

export const counts: Readonly<Record<string, number>> = countWords();
export const ordinals: Readonly<Record<string, number>> = ordinalWords();

/** Words for amounts of a unit. */
export const amounts: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  another: 1,
  'a single': 1,
  'a couple of': 2,
  'a couple': 2,
  'couple of': 2,
  couple: 2,
  'a pair of': 2,
  'a few': 3,
  few: 3,
  several: 3,
  'half a': 0.5,
  'half an': 0.5,
  half: 0.5,
  'a half': 0.5,
  'a dozen': 12,
  'a hundred': 100,
};

export type Unit = 'second' | 'minute' | 'hour' | 'day' | 'workday' | 'week' | 'fortnight' | 'month' | 'quarter' | 'year' | 'decade' | 'century' | 'weekend';

export const units: Readonly<Record<string, Unit>> = {
  second: 'second',
  seconds: 'second',
  sec: 'second',
  secs: 'second',
  s: 'second',
  minute: 'minute',
  minutes: 'minute',
  min: 'minute',
  mins: 'minute',
  m: 'minute',
  hour: 'hour',
  hours: 'hour',
  hr: 'hour',
  hrs: 'hour',
  h: 'hour',
  day: 'day',
  days: 'day',
  d: 'day',
  night: 'day',
  nights: 'day',
  'business day': 'workday',
  'business days': 'workday',
  'working day': 'workday',
  'working days': 'workday',
  workdays: 'workday',
  'work days': 'workday',
  week: 'week',
  weeks: 'week',
  wk: 'week',
  wks: 'week',
  w: 'week',
  fortnight: 'fortnight',
  fortnights: 'fortnight',
  month: 'month',
  months: 'month',
  mth: 'month',
  mths: 'month',
  quarter: 'quarter',
  quarters: 'quarter',
  year: 'year',
  years: 'year',
  yr: 'year',
  yrs: 'year',
  y: 'year',
  decade: 'decade',
  decades: 'decade',
  century: 'century',
  centuries: 'century',
};

/** Units as seconds, days or months; the rest of the table follows from these. */
export const unitSizes: Readonly<Record<Unit, { seconds?: number; days?: number; months?: number }>> = {
  second: { seconds: 1 },
  minute: { seconds: 60 },
  hour: { seconds: 3600 },
  day: { days: 1 },
  workday: { days: 1 },
  week: { days: 7 },
  fortnight: { days: 14 },
  weekend: { days: 2 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { months: 12 },
  decade: { months: 120 },
  century: { months: 1200 },
};

const h = 3600;
/** The last second of a day; a night ends there. */
export const lastSecond = 24 * h - 1;

/** Parts of a day as [from, to) in seconds after midnight, after the conventions of Recognizers-Text. */
export const dayParts: Readonly<Record<string, readonly [number, number]>> = {
  morning: [8 * h, 12 * h],
  afternoon: [12 * h, 16 * h],
  evening: [16 * h, 20 * h],
  night: [20 * h, lastSecond],
  'early morning': [8 * h, 10 * h],
  'late morning': [10 * h, 12 * h],
  'mid morning': [9 * h, 11 * h],
  'early afternoon': [12 * h, 14 * h],
  'late afternoon': [14 * h, 16 * h],
  'mid afternoon': [13 * h, 15 * h],
  'early evening': [16 * h, 18 * h],
  'late evening': [18 * h, 20 * h],
  'early night': [20 * h, 22 * h],
  'late night': [22 * h, lastSecond],
  nighttime: [20 * h, lastSecond],
  'night time': [20 * h, lastSecond],
  lunchtime: [11 * h, 13 * h],
  'lunch time': [11 * h, 13 * h],
  daytime: [8 * h, 18 * h],
  'business hours': [8 * h, 18 * h],
  'business hour': [8 * h, 18 * h],
  'working hours': [8 * h, 18 * h],
  'office hours': [8 * h, 18 * h],
  'breakfast time': [8 * h, 12 * h],
  'brunch time': [8 * h, 12 * h],
  'dinner time': [16 * h, 20 * h],
  dinnertime: [16 * h, 20 * h],
  'supper time': [16 * h, 20 * h],
  mornings: [8 * h, 12 * h],
  afternoons: [12 * h, 16 * h],
  evenings: [16 * h, 20 * h],
  nights: [20 * h, lastSecond],
  morn: [8 * h, 12 * h],
  eve: [16 * h, 20 * h],
  nite: [20 * h, lastSecond],
};

/** Meals that name a time only after `at`. */
export const meals: Readonly<Record<string, readonly [number, number]>> = {
  breakfast: [8 * h, 12 * h],
  brunch: [8 * h, 12 * h],
  lunch: [11 * h, 13 * h],
  dinner: [16 * h, 20 * h],
  supper: [16 * h, 20 * h],
};

/** First months of the northern meteorological seasons. */
export const seasons: Readonly<Record<string, number>> = { spring: 3, summer: 6, autumn: 9, fall: 9, winter: 12 };

type DayOfYear = (year: number) => Day;
const fixed =
  (month: number, day: number): DayOfYear =>
  (year) =>
    dayOf(year, month, day);

/** The nth weekday of a month; -1 is the last. */
export function nthWeekday(year: number, month: number, weekday: number, nth: number): Day {
  if (nth < 0) {
    const last = addMonths(dayOf(year, month, 1), 1) - 1;
    return last - ((weekdayOf(last) - weekday + 7) % 7);
  }
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + (nth - 1) * 7;
}

const nth =
  (month: number, weekday: number, n: number, shift = 0): DayOfYear =>
  (year) =>
    nthWeekday(year, month, weekday, n) + shift;

/** Western Easter Sunday (the anonymous Gregorian computus). */
function easter(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return dayOf(year, Math.floor(f / 31), (f % 31) + 1);
}

const fromEaster =
  (shift: number): DayOfYear =>
  (year) =>
    easter(year) + shift;

/** Holidays by name; an apostrophe in the text is optional (see {@link holidayNames}). */
export const holidays: Readonly<Record<string, DayOfYear>> = {
  'new years day': fixed(1, 1),
  'new year day': fixed(1, 1),
  'new years eve': fixed(12, 31),
  'new year eve': fixed(12, 31),
  'new years': fixed(1, 1),
  'new year': fixed(1, 1),
  nye: fixed(12, 31),
  'christmas day': fixed(12, 25),
  christmas: fixed(12, 25),
  xmas: fixed(12, 25),
  'christmas eve': fixed(12, 24),
  'xmas eve': fixed(12, 24),
  'boxing day': fixed(12, 26),
  halloween: fixed(10, 31),
  'all hallows day': fixed(11, 1),
  'all saints day': fixed(11, 1),
  'all souls day': fixed(11, 2),
  'guy fawkes day': fixed(11, 5),
  'bonfire night': fixed(11, 5),
  'valentines day': fixed(2, 14),
  valentines: fixed(2, 14),
  'valentine day': fixed(2, 14),
  'independence day': fixed(7, 4),
  'us independence day': fixed(7, 4),
  'american independence day': fixed(7, 4),
  'fourth of july': fixed(7, 4),
  'earth day': fixed(4, 22),
  'st patricks day': fixed(3, 17),
  'saint patricks day': fixed(3, 17),
  'st patrick day': fixed(3, 17),
  'saint patrick day': fixed(3, 17),
  'st. patricks day': fixed(3, 17),
  'april fools day': fixed(4, 1),
  'april fools': fixed(4, 1),
  'cinco de mayo': fixed(5, 5),
  'groundhog day': fixed(2, 2),
  'may day': fixed(5, 1),
  'labour day': fixed(5, 1),
  juneteenth: fixed(6, 19),
  'canada day': fixed(7, 1),
  'womens day': fixed(3, 8),
  'international womens day': fixed(3, 8),
  'veterans day': fixed(11, 11),
  'armistice day': fixed(11, 11),
  'remembrance day': fixed(11, 11),
  'inauguration day': fixed(1, 20),
  'childrens day': fixed(6, 1),
  'youth day': fixed(5, 4),
  'teachers day': fixed(9, 10),
  'singles day': fixed(11, 11),
  'bastille day': fixed(7, 14),
  'australia day': fixed(1, 26),
  'anzac day': fixed(4, 25),
  'pi day': fixed(3, 14),
  'white lovers day': fixed(3, 14),
  'white lover day': fixed(3, 14),
  'tree planting day': fixed(3, 12),
  'girls day': fixed(3, 7),
  'loyalty day': fixed(5, 1),
  yuandan: fixed(1, 1),
  'father day': nth(6, 7, 3),
  'mother day': nth(5, 7, 2),
  'teacher day': fixed(9, 10),
  'women day': fixed(3, 8),
  'single day': fixed(11, 11),
  epiphany: fixed(1, 6),
  'flag day': fixed(6, 14),
  'mlk day': nth(1, 1, 3),
  'martin luther king day': nth(1, 1, 3),
  'martin luther king jr day': nth(1, 1, 3),
  'presidents day': nth(2, 1, 3),
  'washingtons birthday': nth(2, 1, 3),
  'mothers day': nth(5, 7, 2),
  'fathers day': nth(6, 7, 3),
  'memorial day': nth(5, 1, -1),
  'labor day': nth(9, 1, 1),
  'columbus day': nth(10, 1, 2),
  'thanksgiving day': nth(11, 4, 4),
  'thanks giving day': nth(11, 4, 4),
  'thanks giving': nth(11, 4, 4),
  thanksgiving: nth(11, 4, 4),
  'black friday': nth(11, 4, 4, 1),
  'cyber monday': nth(11, 4, 4, 4),
  'arbor day': nth(4, 5, -1),
  'easter sunday': fromEaster(0),
  'easter day': fromEaster(0),
  easter: fromEaster(0),
  'easter monday': fromEaster(1),
  'easter saturday': fromEaster(-1),
  'good friday': fromEaster(-2),
  'maundy thursday': fromEaster(-3),
  'palm sunday': fromEaster(-7),
  'ash wednesday': fromEaster(-46),
  'mardi gras': fromEaster(-47),
  pentecost: fromEaster(49),
  'whit monday': fromEaster(50),
  'corpus christi': fromEaster(60),
};
