import { createInterface } from 'node:readline/promises';

const [enter, newline, interrupt, end, backspace, del] = ['\r', '\n', '\u0003', '\u0004', '\b', '\u007f'];

/**
 * Reads a line from the terminal without showing it; the question goes to stderr, because stdout belongs to the result. Undefined where
 * standard input is no terminal. Ctrl+C ends the process: nothing is open yet while a secret is asked for.
 */
export function askHidden(question: string): Promise<string | undefined> {
  const { stdin } = process;
  if (!stdin.isTTY) return Promise.resolve(undefined);
  process.stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise((resolve) => {
    let typed: string[] = [];
    const done = (value: string | undefined) => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
      resolve(value);
    };
    const onData = (data: string) => {
      for (const key of data) {
        if (key === enter || key === newline) return done(typed.join(''));
        if (key === end) return done(undefined);
        if (key === interrupt) {
          done(undefined);
          return process.exit(130);
        }
        typed = key === backspace || key === del ? typed.slice(0, -1) : [...typed, key];
      }
    };
    stdin.on('data', onData);
  });
}

/** Reads a line that may be seen; the question goes to stderr. Undefined where standard input is no terminal, and at its end. */
export async function askShown(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  const lines = createInterface({ input: stdin, output: stderr });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  try {
    return await lines.question(question, { signal: ended.signal }).catch(() => undefined);
  } finally {
    lines.close();
  }
}
