import { describe, expect, it } from 'vitest';
import { classify } from '../classify.ts';
import { trainingHash } from '../weights.ts';
import { heldOut } from './heldout.ts';
import { agentName } from '../../contracts/chat.ts';
import { featuresOf, wordBuckets, wordsOf } from '../features.ts';
import { examples, sentences, train, type Trained } from './train.ts';

describe('the training', () => {
  it('gives the committed weights their fingerprint; if not: node shared/src/language/training/print.ts > shared/src/language/weights.ts', () => {
    expect(examples().hash).toBe(trainingHash);
  });

  it('makes the same sentences each time, none of them held out', () => {
    const all = sentences();
    expect(sentences()).toEqual(all);
    const trained = new Set(all.map(({ text }) => text));
    expect(
      Object.values(heldOut)
        .flat()
        .filter((text) => trained.has(text)),
    ).toEqual([]);
  }, 20_000);

  const best = ({ weights, known }: Trained, text: string) => {
    const places = featuresOf(wordsOf(text), (hash) => known.has(hash & (wordBuckets - 1)));
    const scores = weights.map((row) => places.reduce((sum, place) => sum + row[place]!, 0));
    return agentName.options[scores.indexOf(Math.max(...scores))];
  };

  it('is right about most sentences of templates that it was not given', () => {
    const some = sentences().filter((_, i) => i % 3 === 0);
    const trained = train(some.filter(({ template }) => template % 5 !== 2));
    const fresh = some.filter(({ template }) => template % 5 === 2);
    const right = fresh.filter(({ agent, text }) => best(trained, text) === agent).length;
    expect(right / fresh.length).toBeGreaterThan(0.87);
  }, 30_000);

  it('is right about most of its own sentences', () => {
    const some = sentences().filter((_, i) => i % 50 === 0);
    const right = some.filter(({ agent, text }) => classify(text).agent === agent).length;
    expect(right / some.length).toBeGreaterThan(0.97);
  }, 20_000);
});
