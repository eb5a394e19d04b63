const fence = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Splits Markdown at blank lines outside fences, so that only the last block of a growing answer is parsed again. A block that continues a
 * list or an indented part stays with the one before it.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[][] = [[]];
  let open: string | null = null;
  let afterBlank = false;
  for (const line of text.split('\n')) {
    const mark = fence.exec(line)?.[1];
    const starts = afterBlank && open === null && line.trim() !== '' && !/^\s|^[-*+] |^\d+[.)] /.test(line);
    if (starts) blocks.push([]);
    blocks.at(-1)?.push(line);
    if (mark && open === null) open = mark;
    else if (mark && open !== null && mark.startsWith(open) && line.trim() === mark) open = null;
    afterBlank = open === null && line.trim() === '';
  }
  return blocks.map((lines) => lines.join('\n')).filter((block) => block.trim() !== '');
}
