import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { askLink } from '../control.ts';
import { version } from '../node-host.ts';
import { misused, verb, type Call } from './verb.ts';

/** A passphrase that is chosen now; typed twice where it is typed. */
export async function newPassphrase(call: Call): Promise<string> {
  const first = await call.secret('ADIUVA_PASSPHRASE', 'New passphrase: ');
  if (first === undefined) throw misused('the passphrase comes from ADIUVA_PASSPHRASE or a terminal');
  if (!call.env['ADIUVA_PASSPHRASE'] && (await call.secret(null, 'The same again: ')) !== first) throw misused('the two passphrases differ');
  return first;
}

/** A phrase as it is written down: numbered lines. */
export const numbered = (phrase: string) =>
  phrase
    .split(' ')
    .map((word, at) => `${String(at + 1).padStart(2)}. ${word}`)
    .join('\n');

export const vaultVerbs = {
  init: verb({
    usage: '',
    about: 'makes the vault and shows the twelve recovery words, once',
    words: [0, 0],
    async run(call) {
      const { api } = await call.core();
      // Asked before the passphrase is: nobody types one for nothing.
      if ((await api['vault.state'](undefined)).state !== 'missing') throw new AdiuvaError('vault.exists');
      return api['vault.create']({ passphrase: await newPassphrase(call) });
    },
    text: ({ recoveryPhrase }) =>
      `Your recovery words. Write them down on paper: they open the vault when the passphrase is lost, and are not shown again.\n\n${numbered(recoveryPhrase)}`,
  }),
  status: verb({
    usage: '',
    about: 'vault, account, connection, queue, last backup and last proven restore',
    words: [0, 0],
    async run(call) {
      const { api } = await call.core();
      const { vault } = await api['status.get'](undefined);
      const canOpen = vault.state === 'locked' && (call.env['ADIUVA_PASSPHRASE'] || call.env['ADIUVA_RECOVERY_PHRASE']);
      return (canOpen ? await call.open() : { api }).api['status.get'](undefined);
    },
    text: (s) =>
      [
        `vault         ${s.vault.state}${s.vault.problem ? ` (${s.vault.problem.title})` : ''}`,
        `account       ${s.account ? `${s.account.email}, ${s.account.tier}` : 'not signed in'}`,
        `cloud         ${s.connectivity}`,
        `outbox        ${s.queue.waiting} waiting, ${s.queue.running} running, ${s.queue.needsYou} need you`,
        `last backup   ${s.lastBackup ?? 'none'}`,
        `last proof    ${s.lastProvenRestore ?? 'none'}`,
        `version       ${s.version}${s.engine ? ` (${s.engine})` : ''}`,
      ].join('\n'),
  }),
  doctor: verb({
    usage: '',
    about: 'proves the encryption and the health of the store',
    words: [0, 0],
    run: async (call) => (await call.open()).api['doctor.run'](undefined),
    text: (report) =>
      [
        ...report.checks.map(({ ok, name, detail }) => `${ok ? 'pass' : 'FAIL'}  ${name}: ${detail}`),
        `engine ${report.engine}`,
        `digest ${report.digest}`,
      ].join('\n'),
    exit: ({ ok }) => (ok ? 0 : 1),
  }),
  open: verb({
    usage: '',
    about: 'prints a fresh link to the window that runs here',
    words: [0, 0],
    run: async ({ dataDir }) => ({ url: await askLink(dataDir) }),
    text: ({ url }) => url,
  }),
  version: verb({ usage: '', about: 'the version', words: [0, 0], run: async () => ({ version }), text: (result) => result.version }),
};
