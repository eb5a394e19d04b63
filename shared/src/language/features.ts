import { fold } from './dates.ts';
import { requestOf } from './titles.ts';
import { topicOf } from './topics.ts';

/** Size of the hashed feature space; a power of two. */
export const buckets = 1 << 15;
/** Size of the bit set of known words; a power of two. */
export const wordBuckets = 1 << 16;
/** Only so many characters and words decide the agent. */
const maxChars = 600;
const maxWords = 40;
/** How far apart two words may stand to count as a pair. */
const reach = 5;

/** A word that was not in the training text. */
export const unknownWord = '_';

/** 32-bit FNV-1a of a word. */
export function hashWord(word: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

function mix(kind: number, a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(kind + 1, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 13;
  return (h >>> 0) & (buckets - 1);
}

const classes: readonly (readonly [string, string])[] = [
  ['@wd', 'monday tuesday wednesday thursday friday saturday sunday mon tues wednesdays mondays fridays saturdays sundays'],
  ['@mo', 'january february april june july august september october november december jan feb aug sept oct nov'],
  [
    '0',
    'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth',
  ],
];
const spoken: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(classes.flatMap(([name, words]) => words.split(' ').map((word) => [word, [name]]))),
  whats: ['what', 'is'],
  "what's": ['what', 'is'],
  wheres: ['where', 'is'],
  "where's": ['where', 'is'],
  "who's": ['who', 'is'],
  whos: ['who', 'is'],
  "when's": ['when', 'is'],
  whens: ['when', 'is'],
  "how's": ['how', 'is'],
  hows: ['how', 'is'],
  "i'm": ['i', 'am'],
  im: ['i', 'am'],
  "i've": ['i', 'have'],
  ive: ['i', 'have'],
  "i'd": ['i', 'would'],
  "i'll": ['i', 'will'],
  "it's": ['it', 'is'],
  "there's": ['there', 'is'],
  "let's": ['let', 'us'],
  lets: ['let', 'us'],
  gonna: ['going', 'to'],
  wanna: ['want', 'to'],
  gotta: ['have', 'to'],
  mails: ['mail'],
  emails: ['email'],
  'e-mail': ['email'],
  'e-mails': ['email'],
  todos: ['todo'],
  'to-do': ['to', 'do'],
  'to-dos': ['to', 'do'],
  todo: ['to', 'do'],
  mum: ['mom'],
  tmrw: ['tomorrow'],
  appt: ['appointment'],
  mtg: ['meeting'],
};
const token = /[a-z]+(?:['-][a-z]+)*|\d+|[?#+@!]/g;

/** Words of a request as the classifier sees them: no politeness, no inflected plural, numbers and calendar names as classes. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [raw] of fold(requestOf(text.slice(0, maxChars))).matchAll(token)) {
    const known = /^\d/.test(raw) ? ['0'] : Object.hasOwn(spoken, raw) ? spoken[raw]! : [singular(raw)];
    for (const word of known) if (!(word === '0' && words.at(-1) === '0')) words.push(word);
    if (words.length >= maxWords) break;
  }
  return words;
}

const singular = (word: string): string => word.replace(/'s$/, '').replace(/(?<=[a-z]{3}[^su'])s$/, '');

/** Places of a text's features: words, neighbours, pairs at a short distance, beginnings, and endings of unknown words. */
export function featuresOf(words: readonly string[], isKnown: (hash: number) => boolean): number[] {
  const unknown = hashWord(unknownWord);
  const raw = words.map(hashWord);
  const h = raw.map((hash) => (isKnown(hash) ? hash : unknown));
  const places: number[] = [mix(0, h.length > 12 ? 3 : h.length > 6 ? 2 : h.length > 2 ? 1 : h.length, 0)];
  for (let i = 0; i < h.length; i++) {
    places.push(mix(1, h[i]!, 0), mix(2, h[i - 1] ?? 1, h[i]!));
    for (let d = 2; d <= reach && i + d < h.length; d++) places.push(mix(3, h[i]!, h[i + d]!));
    if (i > 0) places.push(mix(4, mix(2, h[i - 1]!, h[i]!), h[i + 1] ?? 2));
    if (h[i] === unknown) places.push(mix(7, hashWord(words[i]!.slice(-3)), 0));
  }
  if (h.length > 0) places.push(mix(5, h[0]!, 0), mix(6, h[0]!, h[1] ?? 3), mix(8, h.at(-1)!, 4), mix(9, h[0]!, h.at(-1)!));
  addTopics(words, h, places);
  return [...new Set(places)];
}

/** Topics, the word before each, the beginning with each, and which come together. */
function addTopics(words: readonly string[], hashes: readonly number[], places: number[]): void {
  const met: number[] = [];
  words.forEach((word, i) => {
    const topic = topicOf(word);
    if (topic === undefined) return;
    const t = hashWord(topic);
    places.push(mix(10, t, 0), mix(11, t, hashes[i - 1] ?? 5), mix(12, t, hashes[0]!), mix(14, t, hashes[i + 1] ?? 6));
    for (const other of met) places.push(mix(13, Math.min(other, t), Math.max(other, t)));
    met.push(t);
  });
  if (met.length === 0) places.push(mix(10, 0, hashes[0] ?? 0));
}
