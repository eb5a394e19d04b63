import type { OutputOf } from '../../bridge/procedures.ts';
import { misused, needed, verb, type Call, type Verb } from './verb.ts';

type Account = OutputOf<'account.login'>;

const userOf = (account: Account | null) => ({
  user: account && { id: account.userId, email: account.email, tier: account.tier },
  tier: account?.tier ?? null,
});
type Answer = ReturnType<typeof userOf>;
const text = ({ user, tier }: Answer) => (user ? `${user.email}, ${tier}` : 'not signed in');

/** The account's password: a line of standard input, else typed unseen. */
export async function password(call: Call): Promise<string> {
  if (call.options['password-stdin'] !== true) {
    const typed = await call.secret(null, 'Password of the account: ');
    if (typed === undefined) throw misused('the password comes by --password-stdin or from a terminal');
    return typed;
  }
  for await (const line of call.lines()) return line;
  throw misused('--password-stdin: there was no line');
}

const signing = (about: string, procedure: 'account.login' | 'account.register'): Verb =>
  verb({
    usage: '--email E --password-stdin',
    about,
    words: [0, 0],
    options: { email: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
    async run(call) {
      const input = { email: needed(call, 'email'), password: await password(call) };
      return userOf(await (await call.open()).api[procedure](input, call.signal));
    },
    text,
  });

export const accountVerbs = {
  register: signing('makes an account in the cloud', 'account.register'),
  login: signing('signs in', 'account.login'),
  logout: verb({
    usage: '',
    about: 'signs out; everything on this device stays',
    words: [0, 0],
    async run(call) {
      await (await call.open()).api['account.logout'](undefined);
      return userOf(null);
    },
    text,
  }),
  whoami: verb({
    usage: '',
    about: 'who is signed in',
    words: [0, 0],
    run: async (call) => userOf((await (await call.open()).api['account.state'](undefined)).account),
    text,
  }),
};
