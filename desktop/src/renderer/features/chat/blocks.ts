const fence = /^ {0,3}(`{3,}|~{3,})/;

/** A definition (of a link, of a footnote) that other blocks may need. */
const defines = /^ {0,3}\[[^\]]+\]:/m;

/** A text that ends inside a fence. */
export function endsInFence(text: string): boolean {
  let open: string | null = null;
  for (const line of text.split('\n')) open = fenceAfter(open, line);
  return open !== null;
}

/** The fence that is open behind a line. */
function fenceAfter(open: string | null, line: string): string | null {
  const mark = fence.exec(line)?.[1];
  if (mark === undefined) return open;
  if (open === null) return mark;
  return mark.startsWith(open) && line.trim() === mark ? null : open;
}

/** The blocks to draw one by one; all as one where a block needs another. */
export const drawnBlocks = (text: string): string[] => (defines.test(text) ? [text] : splitBlocks(text));

/**
 * Splits Markdown at blank lines outside fences, so that only the last block of a growing answer is parsed again. A block that continues a
 * list or an indented part stays with the one before it.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[][] = [[]];
  let open: string | null = null;
  let afterBlank = false;
  for (const line of text.split('\n')) {
    const starts = afterBlank && open === null && line.trim() !== '' && !/^\s|^[-*+] |^\d+[.)] /.test(line);
    if (starts) blocks.push([]);
    blocks.at(-1)?.push(line);
    open = fenceAfter(open, line);
    afterBlank = open === null && line.trim() === '';
  }
  return blocks.map((lines) => lines.join('\n')).filter((block) => block.trim() !== '');
}

/** Below this an answer that ends without a stop is one that was meant so. */
const longAnswer = 1_500;
/** How a text ends that says all it has to: a stop, perhaps behind a bracket or a mark; a line of a list, a table or a fence. */
const closed = /[.!?…:。！？][)\]}"'”’»*_`~]*$|^\s*(?:[-*+|]|\d+[.)]|`{3,}|~{3,}).*$/u;

/** True of a long answer that breaks off in the middle of a sentence or of code, as one does that ran into a model's limit. */
export function seemsCut(text: string): boolean {
  const trimmed = text.trimEnd();
  return trimmed.length >= longAnswer && (endsInFence(trimmed) || !closed.test(trimmed.slice(trimmed.lastIndexOf('\n') + 1)));
}
