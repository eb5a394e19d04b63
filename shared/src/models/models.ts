import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/ids.ts';
import type { Log } from '../kit/log.ts';
import { builtinModel } from './builtin.ts';
import { fallbackChain, type ChainLimits } from './chain.ts';
import type { Model } from './model.ts';
import { openaiModel, vendorUrl } from './openai.ts';

/** What a provider needs to be asked. */
export interface Credentials {
  readonly apiKey: string;
  readonly baseUrl?: string;
}

export interface ModelDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly limits?: Partial<ChainLimits>;
}

interface ProviderRow {
  /** The variables of the key and of the base URL; absent: needs none. */
  readonly keyVariable?: string;
  readonly baseUrlVariable?: string;
  /** Where the provider is asked unless a base URL says otherwise. */
  readonly vendorUrl?: string;
  /** Whether a model's name follows the provider's: `openai:gpt-5-mini`, but plain `builtin`. */
  readonly named: boolean;
  open(name: string, credentials: Credentials, deps: ModelDeps): Model;
}

/** Every provider that can stand in `ADIUVA_MODELS`. */
export const providers = {
  builtin: { named: false, open: (_name, _credentials, { clock }) => builtinModel(clock) },
  openai: {
    named: true,
    keyVariable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    vendorUrl,
    open: (name, credentials, { fetch }) => openaiModel({ name, fetch, ...credentials }),
  },
} as const satisfies Record<string, ProviderRow>;

export type ProviderName = keyof typeof providers;
const rowOf = (provider: ProviderName): ProviderRow => providers[provider];
const isProvider = (text: string): text is ProviderName => Object.hasOwn(providers, text);

export interface ModelSpec {
  readonly provider: ProviderName;
  /** Empty for a provider without names. */
  readonly name: string;
}

/** Keys by provider, as the configuration found them. */
export type Keyring = { readonly [P in ProviderName]?: Credentials };

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
  const row = rowOf(provider);
  if (row.named && !name) return `ADIUVA_MODELS: "${provider}" needs a model, as in ${provider}:NAME`;
  if (!row.named && rest.length > 0) return `ADIUVA_MODELS: "${provider}" takes no model name`;
  if (row.keyVariable && !keys[provider]?.apiKey) return `${row.keyVariable}: needed because ADIUVA_MODELS names ${provider}`;
  return { provider, name };
}

/** The chain as one model. Opens no connection and loads no vendor's library before the first request. */
export function openModels(specs: readonly ModelSpec[], keys: Keyring, deps: ModelDeps): Model {
  const models = specs.map(({ provider, name }) => rowOf(provider).open(name, keys[provider] ?? { apiKey: '' }, deps));
  return fallbackChain(models, deps);
}
