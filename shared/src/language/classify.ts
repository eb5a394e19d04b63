import { agentName, type AgentName } from '../contracts/chat.ts';
import { buckets, featuresOf, wordBuckets, wordsOf } from './features.ts';
import { scale, weights as weightText, words as wordText } from './weights.ts';

export interface Classification {
  agent: AgentName;
  /** Probability of that agent, 0 to 1. */
  confidence: number;
}

interface Model {
  rows: Int8Array[];
  bits: Uint8Array;
}

let loaded: Model | undefined;

/** Decoded at the first question, because most starts of the program ask none. */
function model(): Model {
  if (loaded) return loaded;
  const all = new Int8Array(decode(weightText).buffer);
  loaded = { rows: agentName.options.map((_, k) => all.subarray(k * buckets, (k + 1) * buckets)), bits: decode(wordText) };
  return loaded;
}

function decode(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Probabilities of the agents, in the order of `agentName`. */
export function probabilities(text: string): number[] {
  const { rows, bits } = model();
  const isKnown = (hash: number) => ((bits[(hash & (wordBuckets - 1)) >> 3]! >> (hash & 7)) & 1) === 1;
  const places = featuresOf(wordsOf(text), isKnown);
  const size = scale / Math.sqrt(places.length);
  const scores = rows.map((row) => {
    let sum = 0;
    for (const place of places) sum += row[place]!;
    return sum * size;
  });
  const top = Math.max(...scores);
  const exp = scores.map((score) => Math.exp(score - top));
  const total = exp.reduce((a, b) => a + b, 0);
  return exp.map((e) => e / total);
}

/** Which agent a text is for. */
export function classify(text: string): Classification {
  const shares = probabilities(text);
  const best = shares.indexOf(Math.max(...shares));
  return { agent: agentName.options[best]!, confidence: shares[best]! };
}
