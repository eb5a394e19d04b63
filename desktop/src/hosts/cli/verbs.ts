import { accountVerbs } from './account-verbs.ts';
import { backupVerbs } from './backup-verbs.ts';
import { chatVerbs } from './chat-verbs.ts';
import { languageVerbs } from './language-verbs.ts';
import { planVerbs } from './plan-verbs.ts';
import { playbookVerbs } from './playbook-verbs.ts';
import { recordVerbs } from './record-verbs.ts';
import { vaultVerbs } from './vault-verbs.ts';
import { verb, type Verb } from './verb.ts';

const working: Readonly<Record<string, Verb>> = {
  ...vaultVerbs,
  ...accountVerbs,
  ...chatVerbs,
  ...recordVerbs,
  ...languageVerbs,
  ...planVerbs,
  ...playbookVerbs,
  ...backupVerbs,
};

/** Known by name, refused as not there yet. */
export const later: readonly string[] = ['index', 'export', 'import'];

const helpText = () =>
  [
    'adiuva VERB …',
    '',
    ...Object.entries(working).map(([name, { usage, about }]) => `  ${`${name} ${usage}`.trim()}\n      ${about}`),
    '',
    'With --json every verb prints one JSON document, errors as JSON on stderr.',
    'Exit codes: 0 ok, 1 failed, 2 usage, 3 locked or wrong secret, 4 offline, 5 not permitted.',
    'Secrets: ADIUVA_PASSPHRASE or ADIUVA_RECOVERY_PHRASE, or typed at the prompt; never as an argument.',
  ].join('\n');

/** Every verb of the command line; one of two words is found before one of one. */
export const verbs: Readonly<Record<string, Verb>> = {
  ...working,
  help: verb({
    usage: '',
    about: 'this list',
    words: [0, 9],
    run: async () => ({ verbs: Object.entries(working).map(([name, { usage, about }]) => ({ verb: name, usage, about })) }),
    text: helpText,
  }),
};
