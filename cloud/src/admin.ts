import { tierName } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { loadConfig, type CloudConfig, type CloudSecrets } from './config.ts';
import { createDeps, type Deps } from './deps.ts';
import { rotateKeys } from './keys.ts';

/** What an operator may do from the machine of the service. One JSON document on stdout; what went wrong on stderr. */
interface Verb {
  readonly usage: string;
  readonly about: string;
  /** Verbs that need no database work beside a service that runs on the embedded one. */
  readonly alone?: (args: readonly string[], config: CloudConfig, secrets: CloudSecrets) => Promise<unknown>;
  readonly run?: (args: readonly string[], deps: Deps) => Promise<unknown>;
}

const usage = (detail: string) => new AdiuvaError('usage.invalid', { detail });

const verbs: Readonly<Record<string, Verb>> = {
  tier: {
    usage: 'tier EMAIL TIER|none [SEATS]',
    about: 'grants a tier, whatever is paid for; none takes it back',
    run: async ([email = '', tier = '', seats = '1'], { accounts }) => {
      const granted = tier === 'none' ? null : tierName.safeParse(tier).data;
      const count = Number(seats);
      if (granted === undefined || !Number.isInteger(count) || count < 1 || count > 10_000) throw usage(verbs['tier']!.usage);
      await accounts.operator.grant(email, granted, count);
      return { email, tier: granted, seats: count };
    },
  },
  'sessions revoke': {
    usage: 'sessions revoke EMAIL',
    about: 'ends every session of an account',
    run: async ([email = ''], { accounts }) => {
      await accounts.operator.revoke(email);
      return { email, revoked: true };
    },
  },
  'keys rotate': {
    usage: 'keys rotate [--compromised]',
    about: 'lets the next key sign; --compromised: takes every key out of use at once',
    alone: async ([flag], config, secrets) => {
      if (flag !== undefined && flag !== '--compromised') throw usage(verbs['keys rotate']!.usage);
      const { kids, next } = await rotateKeys(config, secrets, flag !== undefined);
      return { current: kids[0], next: kids[1], retired: kids.slice(2), ...(next && { JWT_SIGNING_KEYS: next }) };
    },
  },
  reconcile: {
    usage: 'reconcile',
    about: 'asks the payment provider about every customer',
    run: (_args, { billing }) => billing.reconcile(),
  },
  'user delete': {
    usage: 'user delete EMAIL',
    about: 'deletes an account with everything in it',
    run: async ([email = ''], { accounts }) => {
      await accounts.operator.remove(email);
      return { email, deleted: true };
    },
  },
};

const help = () =>
  `cloud-admin, for whoever runs the service:\n${Object.values(verbs)
    .map((verb) => `  ${verb.usage.padEnd(32)}${verb.about}`)
    .join('\n')}\n`;

/** Streams to write to. */
export interface AdminOutput {
  out(text: string): void;
  err(text: string): void;
}

/** @returns the exit code: 0 done, 1 failed, 2 not understood, 78 a fault of the configuration */
export async function admin(args: readonly string[], env: Readonly<Record<string, string | undefined>>, { out, err }: AdminOutput): Promise<number> {
  const name = [args.slice(0, 2).join(' '), args[0] ?? ''].find((each) => Object.hasOwn(verbs, each));
  if (name === undefined) {
    err(help());
    return args.length === 0 || args[0] === 'help' ? 0 : 2;
  }
  const [verb, rest] = [verbs[name]!, args.slice(name.split(' ').length)];
  try {
    const { config, secrets } = loadConfig(env);
    const answer = verb.alone ? await verb.alone(rest, config, secrets) : await withDeps(config, secrets, (deps) => verb.run!(rest, deps));
    out(`${JSON.stringify(answer)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof AdiuvaError)) throw error;
    const { code, detail, row } = error;
    err(`${JSON.stringify({ error: { code, message: detail ?? row.title, hint: row.hint } })}\n`);
    return code === 'config.invalid' ? 78 : row.exit;
  }
}

async function withDeps<T>(config: CloudConfig, secrets: CloudSecrets, work: (deps: Deps) => Promise<T>): Promise<T> {
  const deps = createDeps(config, secrets);
  try {
    return await work(deps);
  } finally {
    await deps.close();
  }
}
