import { describe, expect, it } from 'vitest';
import { classify } from '../classify.ts';
import { trainingHash } from '../weights.ts';
import { heldOut } from './heldout.ts';
import { examples, sentences } from './train.ts';

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

  it('is right about most of its own sentences', () => {
    const some = sentences().filter((_, i) => i % 50 === 0);
    const right = some.filter(({ agent, text }) => classify(text).agent === agent).length;
    expect(right / some.length).toBeGreaterThan(0.97);
  }, 20_000);
});
