import { AdiuvaError } from '../contracts/errors.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/ids.ts';
import type { Log } from '../kit/log.ts';
import { anthropic } from './anthropic.ts';
import { builtinModel } from './builtin.ts';
import { fallbackChain, type ChainLimits } from './chain.ts';
import { google } from './google.ts';
import { groq } from './groq.ts';
import type { Ledger } from './ledger.ts';
import { mistral } from './mistral.ts';
import type { Model, Privacy } from './model.ts';
import { ollama, ollamaPrivacy } from './ollama.ts';
import { openai, openrouter } from './openai.ts';
import { vendorModel, type Vendor } from './vendor.ts';
import { openWire } from './wire.ts';

/** What a provider needs to be asked. */
export interface Credentials {
  /** Absent for a provider that needs none. */
  readonly apiKey?: string;
  readonly baseUrl?: string;
}

export interface ModelDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly limits?: Partial<ChainLimits>;
  /** Counts use and cost; absent: nobody asks for them. */
  readonly ledger?: Ledger;
}

interface ProviderRow {
  /** Absent: `builtin`, which is here and needs nothing. */
  readonly vendor?: Vendor;
  /** The variables of the key and of the base URL; absent: needs none. */
  readonly keyVariable?: `${string}_API_KEY`;
  readonly baseUrlVariable?: `${string}_BASE_URL`;
  /** Absent: every request goes to somebody else's machine. */
  privacy?(name: string, baseUrl?: string): Privacy;
}

/** Every provider that can stand in `ADIUVA_MODELS`. A model's name follows, as in `openai:gpt-5-mini`, but for plain `builtin`. */
export const providers = {
  builtin: {},
  openai: { vendor: openai, keyVariable: 'OPENAI_API_KEY', baseUrlVariable: 'OPENAI_BASE_URL' },
  anthropic: { vendor: anthropic, keyVariable: 'ANTHROPIC_API_KEY', baseUrlVariable: 'ANTHROPIC_BASE_URL' },
  google: { vendor: google, keyVariable: 'GOOGLE_API_KEY', baseUrlVariable: 'GOOGLE_BASE_URL' },
  mistral: { vendor: mistral, keyVariable: 'MISTRAL_API_KEY', baseUrlVariable: 'MISTRAL_BASE_URL' },
  groq: { vendor: groq, keyVariable: 'GROQ_API_KEY', baseUrlVariable: 'GROQ_BASE_URL' },
  ollama: { vendor: ollama, baseUrlVariable: 'OLLAMA_BASE_URL', privacy: ollamaPrivacy },
  openrouter: { vendor: openrouter, keyVariable: 'OPENROUTER_API_KEY', baseUrlVariable: 'OPENROUTER_BASE_URL' },
} as const satisfies Record<string, ProviderRow>;

export type ProviderName = keyof typeof providers;
const rowOf = (provider: ProviderName): ProviderRow => providers[provider];
const isProvider = (text: string): text is ProviderName => Object.hasOwn(providers, text);

export interface ModelSpec {
  readonly provider: ProviderName;
  /** Empty for a provider without names. */
  readonly name: string;
}

/** Keys and addresses by provider, as the configuration found them. */
export type Keyring = { readonly [P in ProviderName]?: Credentials };

/** What of an environment belongs to providers; a base URL alone counts only where no key is needed. */
export function readKeyring(env: Readonly<Record<string, unknown>>): Keyring {
  const rows = Object.entries(providers).map(([provider, row]: [string, ProviderRow]) => {
    const [apiKey, baseUrl] = [row.keyVariable && env[row.keyVariable], row.baseUrlVariable && env[row.baseUrlVariable]];
    return [provider, { ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseUrl }) }, row.keyVariable ? apiKey : baseUrl] as const;
  });
  return Object.fromEntries(rows.flatMap(([provider, credentials, present]) => (present ? [[provider, credentials]] : [])));
}

/**
 * The chain that `ADIUVA_MODELS` names (`openai:gpt-5-mini,builtin`), or every fault in it as `VARIABLE: what is wrong`, the way the
 * configuration reports them. No value is repeated but the names of providers and models.
 */
export function parseModels(text: string, keys: Keyring): { specs: ModelSpec[]; faults: string[] } {
  const entries = text.split(',').map((entry) => entry.trim());
  const read = entries.map((entry) => readEntry(entry, keys));
  const specs = read.flatMap((result) => (typeof result === 'string' ? [] : [result]));
  return { specs, faults: [...new Set(read.filter((result) => typeof result === 'string'))] };
}

function readEntry(entry: string, keys: Keyring): ModelSpec | string {
  const [provider = '', ...rest] = entry.split(':');
  // A model's name may hold colons itself: fine-tuned models do.
  const name = rest.join(':');
  if (!isProvider(provider)) return `ADIUVA_MODELS: unknown provider "${provider.slice(0, 40)}"; known are ${Object.keys(providers).join(', ')}`;
  const { vendor, keyVariable } = rowOf(provider);
  if (vendor && !name) return `ADIUVA_MODELS: "${provider}" needs a model, as in ${provider}:NAME`;
  if (!vendor && rest.length > 0) return `ADIUVA_MODELS: "${provider}" takes no model name`;
  if (keyVariable && !keys[provider]?.apiKey) return `${keyVariable}: needed because ADIUVA_MODELS names ${provider}`;
  return { provider, name };
}

/** The chain as one model. Opens no connection and loads no vendor's library before the first request. */
export function openModels(specs: readonly ModelSpec[], keys: Keyring, deps: ModelDeps): Model {
  return fallbackChain(
    specs.map((spec) => openModel(spec, keys, deps)),
    deps,
  );
}

/** One model by itself, without tries, limits and fallback. */
export function openModel({ provider, name }: ModelSpec, keys: Keyring, { clock, fetch }: Pick<ModelDeps, 'clock' | 'fetch'>): Model {
  const { vendor, privacy } = rowOf(provider);
  if (!vendor) return builtinModel(clock);
  const { apiKey = '', baseUrl } = keys[provider] ?? {};
  return vendorModel(vendor, { name, apiKey, fetch, privacy: privacy?.(name, baseUrl) ?? 'vendor', ...(baseUrl && { baseUrl }) });
}

/**
 * Asks the providers of a chain something that needs the key and costs nothing. `builtin` is here and always answers.
 * @throws AdiuvaError of the model port when none of them answers
 */
export async function probeModels(specs: readonly ModelSpec[], keys: Keyring, send: typeof fetch, signal?: AbortSignal): Promise<void> {
  const asked = [...new Set(specs.map(({ provider }) => provider))].map((provider) => probe(rowOf(provider).vendor, keys[provider] ?? {}, send, signal));
  await Promise.any(asked).catch((error: AggregateError) => {
    throw error.errors[0] ?? new AdiuvaError('model.unavailable', { detail: 'no model is configured' });
  });
}

async function probe(vendor: Vendor | undefined, { apiKey = '', baseUrl }: Credentials, send: typeof fetch, signal?: AbortSignal): Promise<void> {
  if (!vendor) return;
  const url = (baseUrl ?? vendor.vendorUrl).replace(/\/+$/, '');
  const wire = openWire({ send, baseUrl: url, headers: vendor.headers(apiKey), ...(signal && { signal }) });
  try {
    await (await wire.fetch(url + vendor.probe)).body?.cancel();
  } finally {
    wire.close();
  }
}
