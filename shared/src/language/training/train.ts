import { agentName, type AgentName } from '../../contracts/chat.ts';
import { base64url, seededRandom } from '../../kit/ids.ts';
import { buckets, featuresOf, hashWord, unknownWord, wordBuckets, wordsOf } from '../features.ts';
import { corpus, corpusSlots, openers } from './corpus.ts';
import { contrasts } from './contrasts.ts';
import { heldOut } from './heldout.ts';
import { later, unseen } from './unseen.ts';
import { parseSlots, parseTemplates, sample, type Chance } from './expand.ts';
import { slots } from './slots.ts';

/** Settings of the training; with the corpus and the features they decide the weights. */
export const settings = {
  seed: 20_261_120,
  /** Sentences of each agent. */
  sentences: { task: 11_000, calendar: 11_000, email: 8_000, analytics: 8_000, general: 30_000 } as Readonly<Record<AgentName, number>>,
  /** A word in so many is made unknown, so that unknown words are met in training. */
  dropEvery: 16,
  openerEvery: 6,
  questionEvery: 7,
  epochs: 3,
  rounds: 4,
  rate: 0.5,
  decay: 2e-6,
} as const;

export interface Sentence {
  agent: AgentName;
  text: string;
  /** Number of its template among those of the agent. */
  template: number;
}

function chanceFrom(seed: number): Chance {
  const random = seededRandom(seed);
  return () => {
    const [a, b, c] = random(3);
    return (a! * 65_536 + b! * 256 + c!) / 16_777_216;
  };
}

/** The training text, the same for the same corpus and seed; the templates never say a sentence that is held out. */
export function sentences(): Sentence[] {
  const kept = new Set([heldOut, unseen, later].flatMap((set) => Object.values(set).flat()));
  const chance = chanceFrom(settings.seed);
  const filled = parseSlots({ ...slots, ...corpusSlots });
  const first = openers.split('|');
  return agentName.options.flatMap((agent) => {
    const templates = parseTemplates(corpus[agent] + contrasts[agent]);
    const total = templates.reduce((sum, t) => sum + t.weight, 0);
    return templates.flatMap((template, number) =>
      Array.from({ length: Math.ceil((settings.sentences[agent] * template.weight) / total) }, (): Sentence => {
        const text = sample(template, filled, chance);
        const opened = chance() < 1 / settings.openerEvery ? `${first[Math.floor(chance() * first.length)]!} ${text}` : text;
        const said =
          chance() < 1 / settings.questionEvery && /^(?:what|who|how|is|are|do|does|when|where|can|will|which|did|am)\b/.test(text) ? `${opened}?` : opened;
        return { agent, text: said, template: number };
      }).filter(({ text }) => !kept.has(text)),
    );
  });
}

const common = new Set('a an the my to on in of for is are do i what me you it at and with from any have how this that list email calendar meeting'.split(' '));

/** The known words: those that occur at least twice. */
function vocabulary(all: readonly string[][]): Set<number> {
  const seen = new Map<string, number>();
  for (const words of all) for (const word of words) seen.set(word, (seen.get(word) ?? 0) + 1);
  return new Set([...seen].filter(([, n]) => n >= 2).map(([word]) => hashWord(word) & (wordBuckets - 1)));
}

export interface Trained {
  /** Rows of an agent, in the order of `agentName`. */
  weights: Float64Array[];
  known: Set<number>;
  /** Fingerprint of the training text as features, and of the settings. */
  hash: string;
}

interface Example {
  label: number;
  places: number[];
}

/** The examples, their vocabulary and their fingerprint. */
export function examples(said: readonly Sentence[] = sentences()): { all: Example[]; known: Set<number>; hash: string } {
  const chance = chanceFrom(settings.seed + 1);
  const texts = said.map(({ agent, text }) => ({ label: agentName.options.indexOf(agent), words: wordsOf(text) }));
  const known = vocabulary(texts.map(({ words }) => words));
  const isKnown = (h: number) => known.has(h & (wordBuckets - 1));
  const all = texts.map(({ label, words }) => ({
    label,
    places: featuresOf(
      words.map((w) => (!common.has(w) && chance() < 1 / settings.dropEvery ? unknownWord : w)),
      isKnown,
    ),
  }));
  return { all, known, hash: fingerprint(all) };
}

function fingerprint(all: readonly Example[]): string {
  let h = hashWord(JSON.stringify(settings));
  for (const { label, places } of all) {
    h = Math.imul(h ^ label, 0x01000193);
    for (const place of places) h = Math.imul(h ^ place, 0x01000193);
  }
  return (h >>> 0).toString(16).padStart(8, '0');
}

/** The weights of several trainings in different orders, averaged: one order alone moves the figures by a point. */
export function train(said: readonly Sentence[] = sentences()): Trained {
  const { all, known, hash } = examples(said);
  const rounds = Array.from({ length: settings.rounds }, (_, round) => fit(all, settings.seed + 2 + round));
  const mean = rounds[0]!.map((row, k) => row.map((_, p) => rounds.reduce((sum, weights) => sum + weights[k]![p]!, 0) / rounds.length));
  return { weights: mean, known, hash };
}

/** Multinomial logistic regression by AdaGrad over shuffled examples. */
function fit(all: readonly Example[], seed: number): Float64Array[] {
  const labels = agentName.options.length;
  const weights = Array.from({ length: labels }, () => new Float64Array(buckets));
  const squares = Array.from({ length: labels }, () => new Float64Array(buckets).fill(1e-2));
  const chance = chanceFrom(seed);
  const order = all.map((_, i) => i);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(chance() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (const index of order) step(all[index]!, weights, squares);
  }
  return weights;
}

function step({ label, places }: Example, weights: Float64Array[], squares: Float64Array[]): void {
  const size = 1 / Math.sqrt(places.length);
  const scores = weights.map((row) => places.reduce((sum, p) => sum + row[p]!, 0) * size);
  const top = Math.max(...scores);
  const exp = scores.map((s) => Math.exp(s - top));
  const total = exp.reduce((a, b) => a + b, 0);
  for (let k = 0; k < weights.length; k++) {
    const error = exp[k]! / total - (k === label ? 1 : 0);
    if (Math.abs(error) < 1e-4) continue;
    const [row, square] = [weights[k]!, squares[k]!];
    for (const p of places) {
      const gradient = error * size + settings.decay * row[p]!;
      square[p] = square[p]! + gradient * gradient;
      row[p] = row[p]! - (settings.rate * gradient) / Math.sqrt(square[p]!);
    }
  }
}

/** The generated file: each agent's weights as signed bytes with one scale, and the known words as a bit set, base64url. */
export function weightsFile({ weights, known, hash }: Trained): string {
  const scale = Math.max(...weights.map((row) => row.reduce((max, w) => Math.max(max, Math.abs(w)), 0))) / 127;
  const bytes = new Uint8Array(weights.length * buckets);
  weights.forEach((row, k) => row.forEach((w, p) => (bytes[k * buckets + p] = Math.round(w / scale) & 255)));
  const bits = new Uint8Array(wordBuckets / 8);
  for (const h of known) bits[h >> 3]! |= 1 << (h & 7);
  return [
    '/* Generated by training/print.ts from the corpus beside it; do not edit. */',
    `export const trainingHash = '${hash}';`,
    `export const scale = ${Number(scale.toPrecision(8))};`,
    `export const words =\n  '${encode(bits)}';`,
    `export const weights =\n  '${encode(bytes)}';`,
    '',
  ].join('\n');
}

/** In pieces, because arguments of one call are limited. */
function encode(bytes: Uint8Array): string {
  const size = 3 * 4_096;
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += base64url(bytes.subarray(at, at + size));
  return text;
}
