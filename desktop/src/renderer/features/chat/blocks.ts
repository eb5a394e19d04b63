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
