/** How hard a passphrase is to guess, from 0 (too short) to 4, with the one thing that would help. */
export interface Strength {
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly says: string;
}

const shortest = 8;

/** Distinct characters and length: a rough bound of the work, honest about repetition, silent about dictionaries. */
export function strengthOf(passphrase: string): Strength {
  const characters = Array.from(passphrase);
  if (characters.length < shortest) return { level: 0, says: `At least ${shortest} characters.` };
  const distinct = new Set(characters.map((character) => character.toLowerCase())).size;
  const words = passphrase
    .trim()
    .split(/[\s_.,-]+/)
    .filter((word) => word.length >= 3).length;
  const bits = Math.min(characters.length, distinct * 2) * Math.log2(Math.max(distinct, 2));
  if (distinct < 5 || /^(\d+|password.*|qwert.*|12345.*)$/i.test(passphrase))
    return { level: 1, says: 'Easy to guess. Four or more unrelated words are better.' };
  if (bits < 45) return { level: 2, says: 'Fair. More words make it strong.' };
  if (bits < 70 && words < 4) return { level: 3, says: 'Good. One more word would make it very strong.' };
  return { level: 4, says: 'Very strong.' };
}
