import { join } from 'node:path';
import { readEnvironment } from '../environment.ts';
import { linesOf } from './lines.ts';
import { runCommand, type Terminal } from './run.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface Given {
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** What a person answers to prompts, in order, seen or not. */
  readonly typed?: string[];
  readonly watched?: boolean;
  readonly signal?: AbortSignal;
  /** Hears of everything that goes to stderr, as it goes. */
  readonly onError?: (text: string) => void;
}

/** Commands in this process, with `folder` as the folder of the user, `home` in it as the default home, and no cloud. */
export const terminalIn =
  (folder: string) =>
  async (args: readonly string[], { env = {}, input = '', typed, watched = false, signal, onError }: Given = {}): Promise<Ended> => {
    const ended = { out: '', error: '' };
    const all: Record<string, string> = { ADIUVA_HOME: join(folder, 'home'), ADIUVA_CLOUD_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'silent', ...env };
    const terminal: Terminal = {
      env: all,
      settings: () => readEnvironment({ platform: 'linux', env: all, userFolder: folder }),
      out: (text) => void (ended.out += text),
      error: (text) => {
        ended.error += text;
        onError?.(text);
      },
      lines: () =>
        linesOf(
          (async function* () {
            yield Buffer.from(input);
          })(),
        ),
      ask: async () => typed?.shift(),
      answer: async () => typed?.shift(),
      watched,
      folder,
      signal: signal ?? new AbortController().signal,
    };
    const code = await runCommand(args, terminal);
    return { code, ...ended };
  };

/** The code in the error document of `--json`. */
export const codeOf = (ended: Ended): string => JSON.parse(ended.error).error.code;
