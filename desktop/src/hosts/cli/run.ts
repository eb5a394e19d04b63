import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { configExit, type HostSettings } from '../environment.ts';
import { errorDocument, errorText } from './report.ts';
import { openSession, unlock, type OpenSession } from './session.ts';
import { misused, type Call, type Verb } from './verb.ts';
import { later, verbs } from './verbs.ts';

/** What the command line touches outside itself. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  settings(): HostSettings;
  out(text: string): void;
  error(text: string): void;
  lines(): AsyncIterable<string>;
  /** Reads a secret unseen; undefined where there is no terminal. */
  ask(question: string): Promise<string | undefined>;
  /** Asks what may be seen; undefined where there is no terminal. */
  answer(question: string): Promise<string | undefined>;
  /** True where stderr is a terminal. */
  readonly watched: boolean;
  /** The folder that relative paths begin in. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

interface Found {
  readonly name: string;
  readonly verb: Verb;
  readonly rest: readonly string[];
}

/** Without a verb: the version or the list. */
const bare = (flags: readonly string[]): Found => {
  const name = flags.includes('--version') ? 'version' : 'help';
  return { name, verb: verbs[name]!, rest: flags.filter((flag) => !['--version', '--help', '-h'].includes(flag)) };
};

/** The verb is the first word, or the first two, that are no option. */
function find(args: readonly string[]): Found {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  if (at < 0) return bare(args);
  const [before, words] = [args.slice(0, at), args.slice(at)];
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    if (words.length >= count && Object.hasOwn(verbs, name)) return { name, verb: verbs[name]!, rest: [...before, ...words.slice(count)] };
  }
  if (later.includes(words[0]!)) throw misused(`"${words[0]}" is not in this version`);
  throw misused(Object.keys(verbs).some((name) => name.startsWith(`${words[0]} `)) ? `"${words[0]}" wants another word after it` : 'there is no such verb');
}

const global = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** Names of backups are base64url: one in 64 begins with a hyphen, and would be taken for options. */
function namesLast(args: readonly string[]): string[] {
  const isName = (arg: string) => /^-[\w-]{42}$/.test(arg);
  if (args.includes('--') || !args.some(isName)) return [...args];
  return [...args.filter((arg) => !isName(arg)), '--', ...args.filter(isName)];
}

/** Faults are told by the names of options; what was typed as a value is never repeated. */
function parse({ verb, rest }: Found) {
  try {
    return parseArgs({ args: namesLast(rest), options: { ...verb.options, ...global }, allowPositionals: true, strict: true });
  } catch (error) {
    const name = /'(--?[\w-]+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? 'an option';
    if (/pass|phrase|secret|token/.test(name))
      throw misused(`${name}: secrets never come as an argument; use ADIUVA_PASSPHRASE, ADIUVA_RECOVERY_PHRASE, --password-stdin or the prompt`);
    throw misused(`${name} does not fit here`);
  }
}

function wordsOf({ name, verb }: Found, given: readonly string[]): string[] {
  const [least, most] = verb.words;
  if (given.length < least) throw misused(`usage: adiuva ${name} ${verb.usage}`.trim());
  if (given.length <= most) return [...given];
  if (most === 0) throw misused(`usage: adiuva ${name} ${verb.usage}`.trim());
  return [...given.slice(0, most - 1), given.slice(most - 1).join(' ')];
}

/** What one verb may reach, opened when it asks for it; `close` closes what was opened. */
function reach(found: Found, terminal: Terminal): { call: Call; close(): Promise<void>; help: boolean } {
  const { values, positionals } = parse(found);
  const options = values as Call['options'];
  const settings = terminal.settings();
  let session: Promise<OpenSession> | undefined;
  const core = () => (session ??= openSession(settings));
  const secret = async (name: string | null, question: string) => (name && terminal.env[name]) || (await terminal.ask(question));
  const call: Call = {
    args: options['help'] === true ? [] : wordsOf(found, positionals),
    options,
    human: options['json'] !== true,
    signal: terminal.signal,
    dataDir: settings.dataDir,
    env: terminal.env,
    core,
    open: async () => unlock(await core(), terminal.env, terminal.ask),
    secret,
    lines: () => terminal.lines(),
    write: (text) => terminal.out(text),
    watched: terminal.watched,
    note: (text) => terminal.error(text),
    answer: (question) => terminal.answer(question),
    pathOf: (given) => resolve(terminal.folder, given),
  };
  return { call, help: options['help'] === true, close: async () => (await session?.catch(() => undefined))?.close() };
}

async function execute(found: Found, terminal: Terminal): Promise<number> {
  const { call, close, help } = reach(found, terminal);
  if (help) {
    terminal.out(`adiuva ${found.name} ${found.verb.usage}\n${found.verb.about}\n`);
    return 0;
  }
  try {
    const { verb } = found;
    const result = await verb.run(call);
    const document = verb.json ? verb.json(result) : result;
    const text = call.human ? verb.text(result) : document === undefined ? undefined : JSON.stringify(document);
    if (text !== undefined) terminal.out(`${text}\n`);
    return verb.exit?.(result) ?? 0;
  } finally {
    await close();
  }
}

/** Runs one command. @returns its exit code: 0 ok · 1 failed · 2 usage · 3 locked or wrong secret · 4 offline · 5 not permitted · 78 configuration */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await execute(find(args), terminal);
  } catch (error) {
    const ours = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
    terminal.error(`${args.includes('--json') ? JSON.stringify(errorDocument(ours)) : errorText(ours)}\n`);
    return ours.code === 'config.invalid' ? configExit : ours.row.exit;
  }
}
