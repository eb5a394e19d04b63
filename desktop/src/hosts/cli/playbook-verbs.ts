import type { PlaybookInput } from '@adiuva/shared/contracts/playbook.ts';
import type { PlaybookResult, PlaybookShelf } from '../../bridge/shapes.ts';
import { misused, plain, verb, type Call } from './verb.ts';

/** What a word of the command line means to an input of each kind; what does not fit is left for the core to refuse by name. */
const valueOf: { readonly [K in PlaybookInput['kind']]: (word: string) => unknown } = {
  text: (word) => word,
  choice: (word) => word,
  date: (word) => word,
  record: (word) => word,
  number: (word) => (word.trim() === '' ? word : Number(word)),
  boolean: (word) => ({ yes: true, true: true, no: false, false: false })[word] ?? word,
};

/** `--input NAME=VALUE`, as often as needed. */
function pairsOf(call: Call): (readonly [name: string, word: string])[] {
  return [call.options['input'] ?? []].flat().map((given) => {
    const word = String(given);
    const at = word.indexOf('=');
    if (at < 1) throw misused('--input must be NAME=VALUE');
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

async function run(call: Call): Promise<PlaybookResult> {
  const pairs = pairsOf(call);
  const { api } = await call.open();
  const id = call.args[0]!;
  const { playbooks } = await api['playbooks.list'](undefined);
  const asked = playbooks.find((playbook) => playbook.id === id)?.inputs ?? [];
  const inputs = pairs.map(([name, word]) => {
    const input = asked.find((one) => one.name === name);
    return [name, input ? valueOf[input.kind](word) : word] as const;
  });
  return api['playbooks.run']({ id, inputs: Object.fromEntries(inputs), here: call.options['here'] === true }, call.signal);
}

const waits: { readonly [C in PlaybookResult['cloud']]: string | null } = {
  none: null,
  done: null,
  queued: 'The part of the cloud waits in the outbox: adiuva queue drain',
  skipped: 'Nobody was asked in the cloud.',
  failed: 'The part of the cloud is missing.',
};

function resultText({ title, sections, planIds, cloud, problem }: PlaybookResult): string {
  const blocks = sections.map(({ heading, text, lines }) =>
    [heading, text, ...lines.map((line) => `  ${line.text}`)].filter((part) => part !== null).join('\n'),
  );
  const plans = planIds.map((planId) => `Waits for you: adiuva plans show ${planId}`);
  const why = waits[cloud] === null ? [] : [[waits[cloud], problem?.title].filter(Boolean).join(' ')];
  return plain([title, ...blocks, ...plans, ...why].join('\n\n'));
}

function inputText({ name, kind, required }: PlaybookInput): string {
  return required ? `${name}=${kind}` : `[${name}=${kind}]`;
}

function shelfText({ playbooks, refused, refreshedAt }: PlaybookShelf): string {
  const lines = playbooks.map(({ id, title, inputs, locked }) =>
    locked === null ? `${id}  ${title}  ${inputs.map(inputText).join(' ')}`.trimEnd() : `${id}  ${title}  (needs ${locked})`,
  );
  const bad = refused.map(({ id, problem }) => `${id}  refused: ${problem.title}`);
  return plain([...lines, ...bad, refreshedAt === null ? 'not asked of the cloud yet' : `as of ${refreshedAt}`].join('\n'));
}

export const playbookVerbs = {
  'playbooks list': verb({
    usage: '[--refresh]',
    about: 'ready-made routines; with --refresh asks the cloud first',
    words: [0, 0],
    options: { refresh: { type: 'boolean' } },
    run: async (call) => (await call.open()).api[call.options['refresh'] === true ? 'playbooks.refresh' : 'playbooks.list'](undefined),
    text: shelfText,
  }),
  'playbooks run': verb({
    usage: 'ID [--input NAME=VALUE …] [--here]',
    about: 'runs one; what would change anything becomes a plan; --here only looks and sends nothing',
    words: [1, 1],
    options: { input: { type: 'string', multiple: true }, here: { type: 'boolean' } },
    run,
    text: resultText,
  }),
  'playbooks show': verb({
    usage: 'RUN',
    about: 'what a run found, with what has come from the cloud since',
    words: [1, 1],
    run: async (call) => (await call.open()).api['playbooks.result']({ runId: call.args[0]! }),
    text: resultText,
  }),
};
