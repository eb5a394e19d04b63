import { describe, expect, it } from 'vitest';
import { manualClock } from '../kit/clock.ts';
import { seededRandom } from '../kit/ids.ts';
import { silentLog } from '../kit/log.ts';
import { openModels, parseModels, providers, readKeyring } from './models.ts';

const keys = { openai: { apiKey: 'sk-test' } };

describe('ADIUVA_MODELS', () => {
  it('names a chain', () => {
    expect(parseModels('openai:gpt-5-mini, openai:ft:gpt-5:me::1 ,builtin', keys)).toEqual({
      specs: [
        { provider: 'openai', name: 'gpt-5-mini' },
        { provider: 'openai', name: 'ft:gpt-5:me::1' },
        { provider: 'builtin', name: '' },
      ],
      faults: [],
    });
  });

  it('reports every fault at once, by variable', () => {
    expect(parseModels('openai:gpt-5-mini,openai:gpt-5,oracle:x,openai,builtin:big,', {}).faults).toEqual([
      'OPENAI_API_KEY: needed because ADIUVA_MODELS names openai',
      'ADIUVA_MODELS: unknown provider "oracle"; known are builtin, openai, anthropic, google, mistral, groq, ollama, openrouter',
      'ADIUVA_MODELS: "openai" needs a model, as in openai:NAME',
      'ADIUVA_MODELS: "builtin" takes no model name',
      'ADIUVA_MODELS: unknown provider ""; known are builtin, openai, anthropic, google, mistral, groq, ollama, openrouter',
    ]);
  });

  it('does not take a name of every object for a provider', () => {
    expect(parseModels('constructor:x,__proto__:y', keys).faults).toHaveLength(2);
  });

  it('needs a key from each provider but those that have none', () => {
    const text = 'anthropic:a,google:b,mistral:c,groq:d,openrouter:e/f:free,ollama:llama3.2:3b,builtin';
    expect(parseModels(text, {}).faults).toEqual(
      ['ANTHROPIC', 'GOOGLE', 'MISTRAL', 'GROQ', 'OPENROUTER'].map((name) => `${name}_API_KEY: needed because ADIUVA_MODELS names ${name.toLowerCase()}`),
    );
    const env = Object.fromEntries(['ANTHROPIC', 'GOOGLE', 'MISTRAL', 'GROQ', 'OPENROUTER'].map((name) => [`${name}_API_KEY`, 'k']));
    expect(parseModels(text, readKeyring(env))).toEqual({
      faults: [],
      specs: [
        { provider: 'anthropic', name: 'a' },
        { provider: 'google', name: 'b' },
        { provider: 'mistral', name: 'c' },
        { provider: 'groq', name: 'd' },
        { provider: 'openrouter', name: 'e/f:free' },
        { provider: 'ollama', name: 'llama3.2:3b' },
        { provider: 'builtin', name: '' },
      ],
    });
  });

  it('opens without asking anybody', () => {
    const fetch = () => Promise.reject(new Error('no network here'));
    const deps = { clock: manualClock(), random: seededRandom(1), log: silentLog, fetch };
    expect(openModels(parseModels('openai:gpt-5-mini,builtin', keys).specs, keys, deps).id).toBe('openai:gpt-5-mini,builtin');
  });
});

describe('keys and addresses', () => {
  it('are read by provider; an address alone counts where no key is needed', () => {
    const env = { OPENAI_API_KEY: 'a', OPENAI_BASE_URL: 'http://o', ANTHROPIC_BASE_URL: 'http://x', OLLAMA_BASE_URL: 'http://l', GROQ_API_KEY: '', HOME: '/h' };
    expect(readKeyring(env)).toEqual({ openai: { apiKey: 'a', baseUrl: 'http://o' }, ollama: { baseUrl: 'http://l' } });
  });

  it('go to the vendor itself over TLS unless another address is given', () => {
    const urls = Object.values(providers).flatMap((row) => ('vendor' in row ? [row.vendor.vendorUrl] : []));
    expect(urls.filter((url) => !url.startsWith('https://'))).toEqual(['http://127.0.0.1:11434']);
  });
});
