/**
 * Lines of a stream of bytes, ended by LF or CRLF and by nothing else: `node:readline` also splits at a lone CR and at U+2028, which a text may
 * hold. The last line needs no end.
 */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of input) {
    const [first, ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first!);
    for (const next of more) {
      yield withoutCr(parts.join(''));
      parts = [next];
    }
  }
  const last = parts.join('') + decoder.decode();
  if (last !== '') yield withoutCr(last);
}

const withoutCr = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);
