import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type PaidTier, tierName, type TierName } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { defaultHome } from '@adiuva/shared/kit/home.ts';
import type { LogLevel } from '@adiuva/shared/kit/log.ts';
import type { Prices } from '@adiuva/shared/models/ledger.ts';
import { parseModels, readKeyring, type Keyring, type ModelSpec } from '@adiuva/shared/models/models.ts';

/** Version of the service, as in `package.json` (a test compares them). */
export const version = '0.1.0';

/** Everything of the configuration that may be shown. */
export interface CloudConfig {
  readonly version: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** Absolute; made at start when something is kept in it. */
  readonly dataDir: string;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly defaultTier: TierName;
  readonly database: 'pglite' | 'postgres';
  readonly counters: 'memory' | 'redis';
  /** Null: no payments are set up. */
  readonly payments: PaymentsPlace | null;
  readonly blobs: 'files' | S3Place;
  readonly models: readonly ModelSpec[];
  /** What models cost, where that was said. */
  readonly prices: Prices;
}

export interface PaymentsPlace {
  /** Absent: the provider's own. */
  readonly apiBase?: string;
  /** Ids of prices; a tier without one cannot be bought. */
  readonly prices: Readonly<Record<PaidTier, string | null>>;
}

export interface S3Place {
  readonly bucket: string;
  /** Absent: the vendor's own address for the region. */
  readonly endpoint?: string;
  readonly region: string;
  readonly forcePathStyle: boolean;
}

/** What must never be shown. */
export interface CloudSecrets {
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly s3?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly stripe?: { readonly secretKey: string; readonly webhookSecrets: readonly string[] };
  readonly signingKeys?: PrivateKeySet;
  readonly modelKeys: Keyring;
}

/** A private Ed25519 key as a JWK (RFC 8037 §2); the first of a set signs, the others only verify. */
const privateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1).max(100),
  x: z.string().length(43),
  d: z.string().length(43),
});
export const privateKeySet = z.object({ keys: z.array(privateKey).min(1).max(10) });
export type PrivateKeySet = z.infer<typeof privateKeySet>;

const urlOf = (...protocols: string[]) => z.url({ protocol: new RegExp(`^(${protocols.join('|')})$`), error: `must be a URL with ${protocols.join(' or ')}` });
const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'must be a number from 0 to 65535');
const flag = z.enum(['true', 'false', '1', '0'], 'must be true or false').transform((text) => text === 'true' || text === '1');
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.issues.push({ code: 'custom', message: 'must be JSON', input: '' });
    return z.NEVER;
  }
});
const keySetText = jsonText.pipe(privateKeySet).refine(({ keys }) => new Set(keys.map((key) => key.kid)).size === keys.length, 'two keys have the same kid');
/** US dollars for a million tokens, by the name of the model as in `ADIUVA_MODELS`. */
const priceTable = jsonText.pipe(z.record(z.string(), z.strictObject({ input: z.number().nonnegative(), output: z.number().nonnegative() })));
/** Several with commas between, while one is exchanged for another. */
const secretList = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .refine((secrets) => secrets.every((secret) => secret.length >= 8), 'must be secrets of 8 characters or more, with commas between');
const addresses = z.string().regex(/^[0-9a-fA-F.:/, ]+$/, 'must be addresses or ranges with commas between');

/** Every variable that is read, and its rule. An empty value counts as absent, which is how compose files leave things out. */
const variables = {
  ADIUVA_HOME: z.string(),
  ADIUVA_CLOUD_HOST: z.union([z.ipv4(), z.ipv6()], 'must be an IP address'),
  ADIUVA_CLOUD_PORT: portNumber,
  ADIUVA_TRUSTED_PROXIES: addresses,
  ADIUVA_DEFAULT_TIER: tierName,
  ADIUVA_MODELS: z.string(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  DATABASE_URL: urlOf('postgres', 'postgresql'),
  REDIS_URL: urlOf('redis', 'rediss'),
  S3_BUCKET: z.string(),
  S3_ENDPOINT: urlOf('https?'),
  S3_REGION: z.string(),
  S3_ACCESS_KEY_ID: z.string(),
  S3_SECRET_ACCESS_KEY: z.string(),
  S3_FORCE_PATH_STYLE: flag,
  ADIUVA_MODEL_PRICES: priceTable,
  OPENAI_API_KEY: z.string(),
  OPENAI_BASE_URL: urlOf('https?'),
  ANTHROPIC_API_KEY: z.string(),
  ANTHROPIC_BASE_URL: urlOf('https?'),
  GOOGLE_API_KEY: z.string(),
  GOOGLE_BASE_URL: urlOf('https?'),
  MISTRAL_API_KEY: z.string(),
  MISTRAL_BASE_URL: urlOf('https?'),
  GROQ_API_KEY: z.string(),
  GROQ_BASE_URL: urlOf('https?'),
  OLLAMA_BASE_URL: urlOf('https?'),
  OPENROUTER_API_KEY: z.string(),
  OPENROUTER_BASE_URL: urlOf('https?'),
  JWT_SIGNING_KEYS: keySetText,
  STRIPE_SECRET_KEY: z.string(),
  STRIPE_WEBHOOK_SECRET: secretList,
  STRIPE_API_BASE: urlOf('https?'),
  STRIPE_PRICE_PRO: z.string(),
  STRIPE_PRICE_POWER: z.string(),
  STRIPE_PRICE_TEAM: z.string(),
} as const;

type Name = keyof typeof variables;
type Env = { readonly [N in Name]?: z.infer<(typeof variables)[N]> };
type RawEnv = Readonly<Record<string, string | undefined>>;

/** Step one: each variable by itself. Faults hold names and rules, never values. */
function readEnv(raw: RawEnv): { env: Env; faults: string[] } {
  const env: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, rule] of Object.entries(variables)) {
    const text = raw[name]?.trim();
    if (!text) continue;
    const parsed = (rule as z.ZodType).safeParse(text);
    if (parsed.success) env[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
  }
  return { env: env as Env, faults };
}

/** What variables must satisfy together. */
function crossFaults(env: Env, raw: RawEnv): string[] {
  const s3 = ['S3_ENDPOINT', 'S3_REGION', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_FORCE_PATH_STYLE'] as const;
  const stray = s3.filter((name) => raw[name]?.trim());
  const missing = (['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const).filter((name) => !raw[name]?.trim());
  if (env.S3_BUCKET) return missing.map((name) => `${name}: needed because S3_BUCKET is set`);
  return stray.length > 0 ? [`S3_BUCKET: needed because ${stray[0]} is set`] : [];
}

/** Without a secret every message would be believed, and without a price nothing could be bought. */
function paymentFaults(env: Env, raw: RawEnv): string[] {
  const prices = ['STRIPE_PRICE_PRO', 'STRIPE_PRICE_POWER', 'STRIPE_PRICE_TEAM'] as const;
  const given = prices.flatMap((name) => env[name] ?? []);
  const stray = (['STRIPE_WEBHOOK_SECRET', 'STRIPE_API_BASE', ...prices] as const).find((name) => raw[name]?.trim());
  if (!raw['STRIPE_SECRET_KEY']?.trim()) return stray ? [`STRIPE_SECRET_KEY: needed because ${stray} is set`] : [];
  return [
    ...(raw['STRIPE_WEBHOOK_SECRET']?.trim() ? [] : ['STRIPE_WEBHOOK_SECRET: needed because STRIPE_SECRET_KEY is set']),
    ...(given.length > 0 ? [] : ['STRIPE_PRICE_PRO: one price at least is needed because STRIPE_SECRET_KEY is set']),
    ...(new Set(given).size === given.length ? [] : ['STRIPE_PRICE_PRO: two tiers have the same price']),
  ];
}

/** Step two: what may be shown. */
function toConfig(env: Env, raw: RawEnv, models: readonly ModelSpec[]): CloudConfig {
  const home = resolve(env.ADIUVA_HOME ?? defaultHome({ platform: process.platform, env: raw, userFolder: homedir() }));
  return {
    version,
    host: env.ADIUVA_CLOUD_HOST ?? '127.0.0.1',
    port: env.ADIUVA_CLOUD_PORT ?? 8787,
    logLevel: env.LOG_LEVEL ?? 'info',
    dataDir: join(home, 'cloud'),
    trustedProxies: env.ADIUVA_TRUSTED_PROXIES?.split(',').map((address) => address.trim()) ?? [],
    defaultTier: env.ADIUVA_DEFAULT_TIER ?? 'free',
    database: env.DATABASE_URL ? 'postgres' : 'pglite',
    counters: env.REDIS_URL ? 'redis' : 'memory',
    blobs: env.S3_BUCKET ? s3Place(env, env.S3_BUCKET) : 'files',
    payments: env.STRIPE_SECRET_KEY ? paymentsPlace(env) : null,
    models,
    prices: env.ADIUVA_MODEL_PRICES ?? {},
  };
}

const pricesOf = (env: Env): PaymentsPlace['prices'] => ({
  pro: env.STRIPE_PRICE_PRO ?? null,
  power: env.STRIPE_PRICE_POWER ?? null,
  team: env.STRIPE_PRICE_TEAM ?? null,
});

const paymentsPlace = (env: Env): PaymentsPlace => ({ prices: pricesOf(env), ...(env.STRIPE_API_BASE && { apiBase: env.STRIPE_API_BASE }) });

function s3Place(env: Env, bucket: string): S3Place {
  return {
    bucket,
    region: env.S3_REGION ?? 'us-east-1',
    forcePathStyle: env.S3_FORCE_PATH_STYLE ?? false,
    ...(env.S3_ENDPOINT && { endpoint: env.S3_ENDPOINT }),
  };
}

/** Step three: what must not. */
function toSecrets(env: Env, modelKeys: Keyring): CloudSecrets {
  const s3 = { accessKeyId: env.S3_ACCESS_KEY_ID ?? '', secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '' };
  return {
    modelKeys,
    ...(env.DATABASE_URL && { databaseUrl: env.DATABASE_URL }),
    ...(env.REDIS_URL && { redisUrl: env.REDIS_URL }),
    ...(env.S3_BUCKET && { s3 }),
    ...(env.STRIPE_SECRET_KEY && { stripe: { secretKey: env.STRIPE_SECRET_KEY, webhookSecrets: env.STRIPE_WEBHOOK_SECRET ?? [] } }),
    ...(env.JWT_SIGNING_KEYS && { signingKeys: env.JWT_SIGNING_KEYS }),
  };
}

/**
 * Configuration and secrets from an environment.
 * @throws AdiuvaError `config.invalid`; the detail has every fault, one a line, each beginning with the variable's name
 */
export function loadConfig(raw: RawEnv): { config: CloudConfig; secrets: CloudSecrets } {
  const { env, faults } = readEnv(raw);
  const keyring = readKeyring(env);
  const models = parseModels(env.ADIUVA_MODELS ?? 'builtin', keyring);
  const all = [
    ...faults,
    ...crossFaults(env, raw),
    ...paymentFaults(env, raw),
    ...models.faults.filter((fault) => !faults.some((known) => known.startsWith(fault.split(':')[0]!))),
  ];
  if (all.length > 0) throw new AdiuvaError('config.invalid', { detail: all.join('\n') });
  return { config: toConfig(env, raw, models.specs), secrets: toSecrets(env, keyring) };
}
