/** A template as a tree: text, a choice, or a slot. */
type Node = string | { choice: Node[][] } | { slot: string };

function parse(source: string): Node[] {
  let at = 0;
  const sequence = (stop: string): Node[] => {
    const nodes: Node[] = [];
    let text = '';
    const flush = () => {
      if (text) nodes.push(text);
      text = '';
    };
    while (at < source.length && !stop.includes(source[at]!)) {
      const c = source[at++]!;
      if (c === '[') {
        flush();
        nodes.push({ choice: choices(']') });
      } else if (c === '{') {
        flush();
        const end = source.indexOf('}', at);
        nodes.push({ slot: source.slice(at, end) });
        at = end + 1;
      } else text += c;
    }
    flush();
    return nodes;
  };
  const choices = (stop: string): Node[][] => {
    const all: Node[][] = [];
    do {
      all.push(sequence(`|${stop}`));
    } while (source[at++] === '|');
    return all;
  };
  return sequence('');
}

/** A source of numbers in [0, 1). */
export type Chance = () => number;

/** Parsed slots, so that each is read once. */
export type Slots = Readonly<Record<string, readonly Node[][]>>;

export const parseSlots = (slots: Readonly<Record<string, string>>): Slots =>
  Object.fromEntries(Object.entries(slots).map(([name, source]) => [name, source.split('|').map(parse)]));

const pick = <T>(from: readonly T[], chance: Chance): T => from[Math.floor(chance() * from.length)]!;

function write(nodes: readonly Node[], slots: Slots, chance: Chance): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      if ('choice' in node) return write(pick(node.choice, chance), slots, chance);
      const slot = slots[node.slot];
      if (!slot) throw new Error(`no slot {${node.slot}}`);
      return write(pick(slot, chance), slots, chance);
    })
    .join('');
}

export interface Template {
  weight: number;
  nodes: readonly Node[];
}

/** Templates of a block of text, one a line; `3*` in front is the weight. */
export const parseTemplates = (block: string): Template[] =>
  block
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const weight = /^(\d+)\*/.exec(line);
      return { weight: Number(weight?.[1] ?? 1), nodes: parse(weight ? line.slice(weight[0].length) : line) };
    });

/** One sentence of a template, with blanks set right. */
export const sample = (template: Template, slots: Slots, chance: Chance): string =>
  write(template.nodes, slots, chance)
    .replace(/\s+/g, ' ')
    .replace(/ ([,:?])/g, '$1')
    .trim();
