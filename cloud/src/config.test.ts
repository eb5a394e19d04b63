import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { makeKeySet } from './accounts/signing-keys.ts';
import { loadConfig, version } from './config.ts';

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(AdiuvaError);
    expect(error).toMatchObject({ code: 'config.invalid' });
    return (error as AdiuvaError).detail!.split('\n');
  }
}

describe('the configuration', () => {
  it('needs nothing: everything embedded, on this machine only', () => {
    const { config, secrets } = loadConfig({ HOME: '/home/ada', XDG_DATA_HOME: '/data' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8787,
      defaultTier: 'free',
      database: 'pglite',
      counters: 'memory',
      blobs: 'files',
      logLevel: 'info',
      trustedProxies: [],
    });
    expect(config.models).toEqual([{ provider: 'builtin', name: '' }]);
    expect(secrets).toEqual({ modelKeys: {} });
  });

  it('keeps the data of the cloud in a folder of its own', () => {
    expect(loadConfig({ ADIUVA_HOME: '/srv/adiuva' }).config.dataDir).toBe('/srv/adiuva/cloud');
  });

  it('takes an empty or blank value for absent', () => {
    expect(loadConfig({ DATABASE_URL: '', REDIS_URL: '  ', ADIUVA_CLOUD_PORT: '', S3_BUCKET: '' }).config).toMatchObject({
      port: 8787,
      database: 'pglite',
      counters: 'memory',
      blobs: 'files',
    });
  });

  it('puts what is secret apart from what may be shown', async () => {
    const keys = JSON.stringify(await makeKeySet());
    const env = {
      DATABASE_URL: 'postgres://ada:hush-1@db/adiuva',
      REDIS_URL: 'redis://:hush-2@cache',
      S3_BUCKET: 'blobs',
      S3_ENDPOINT: 'https://s3.example.org',
      S3_ACCESS_KEY_ID: 'hush-3',
      S3_SECRET_ACCESS_KEY: 'hush-4',
      ADIUVA_MODELS: 'openai:gpt-5-mini,builtin',
      OPENAI_API_KEY: 'hush-5',
      JWT_SIGNING_KEYS: keys,
    };
    const { config, secrets } = loadConfig(env);
    expect(config).toMatchObject({
      database: 'postgres',
      counters: 'redis',
      blobs: { bucket: 'blobs', endpoint: 'https://s3.example.org', region: 'us-east-1', forcePathStyle: false },
    });
    expect(JSON.stringify(config)).not.toMatch(/hush|"d"/);
    expect(JSON.stringify(secrets).match(/hush-\d/g)).toHaveLength(5);
  });

  it('finds each provider by its own variables, and prices where they are given', () => {
    const providers = ['OPENAI', 'ANTHROPIC', 'GOOGLE', 'MISTRAL', 'GROQ', 'OPENROUTER'];
    const env = Object.fromEntries(
      providers.flatMap((name) => [
        [`${name}_API_KEY`, `hush-${name}`],
        [`${name}_BASE_URL`, `https://${name}.example.org`],
      ]),
    );
    const models = 'anthropic:a,google:b,mistral:c,groq:d,openrouter:e/f,openai:g,ollama:h,builtin';
    const prices = { 'anthropic:a': { input: 1, output: 5 } };
    const { config, secrets } = loadConfig({ ...env, OLLAMA_BASE_URL: 'http://gpu:11434', ADIUVA_MODELS: models, ADIUVA_MODEL_PRICES: JSON.stringify(prices) });
    expect(config.models.map(({ provider, name }) => (name ? `${provider}:${name}` : provider)).join()).toBe(models);
    expect([config.prices, JSON.stringify(config)]).toEqual([prices, expect.not.stringContaining('hush')]);
    const keys = providers.map((name) => [name.toLowerCase(), { apiKey: `hush-${name}`, baseUrl: `https://${name}.example.org` }]);
    expect(secrets.modelKeys).toEqual({ ...Object.fromEntries(keys), ollama: { baseUrl: 'http://gpu:11434' } });
  });

  it('names every fault at once, by its variable and without its value', () => {
    const env = {
      ADIUVA_CLOUD_PORT: '70000',
      ADIUVA_CLOUD_HOST: 'not-an-address',
      ADIUVA_DEFAULT_TIER: 'gold',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://ada:hush@db/adiuva',
      REDIS_URL: 'hush',
      S3_BUCKET: 'blobs',
      S3_FORCE_PATH_STYLE: 'perhaps',
      ADIUVA_MODELS: 'openai:gpt-5-mini',
      JWT_SIGNING_KEYS: '{"keys":[{"kty":"OKP","d":"hush"}]}',
    };
    const faults = faultsOf(env);
    expect(faults.map((fault) => fault.split(':')[0]!).sort()).toEqual([
      'ADIUVA_CLOUD_HOST',
      'ADIUVA_CLOUD_PORT',
      'ADIUVA_DEFAULT_TIER',
      'DATABASE_URL',
      'JWT_SIGNING_KEYS',
      'LOG_LEVEL',
      'OPENAI_API_KEY',
      'REDIS_URL',
      'S3_ACCESS_KEY_ID',
      'S3_FORCE_PATH_STYLE',
      'S3_SECRET_ACCESS_KEY',
    ]);
    expect(faults.join()).not.toContain('hush');
  });

  it.each([
    ['S3_REGION', { S3_REGION: 'eu-1' }, 'S3_BUCKET: needed because S3_REGION is set'],
    ['keys that are no JSON', { JWT_SIGNING_KEYS: 'hush' }, 'JWT_SIGNING_KEYS: must be JSON'],
    ['an empty key set', { JWT_SIGNING_KEYS: '{"keys":[]}' }, /^JWT_SIGNING_KEYS: /],
    ['a model nobody knows', { ADIUVA_MODELS: 'skynet:1' }, /^ADIUVA_MODELS: unknown provider/],
    ['a provider without its key', { ADIUVA_MODELS: 'groq:llama,builtin' }, 'GROQ_API_KEY: needed because ADIUVA_MODELS names groq'],
    ['an address that is none', { OLLAMA_BASE_URL: 'localhost:11434' }, 'OLLAMA_BASE_URL: must be a URL with https?'],
    ['prices that are no numbers', { ADIUVA_MODEL_PRICES: '{"a":{"input":"cheap","output":1}}' }, /^ADIUVA_MODEL_PRICES: /],
    ['an odd port', { ADIUVA_CLOUD_PORT: '0x50' }, 'ADIUVA_CLOUD_PORT: must be a number from 0 to 65535'],
  ])('refuses %s', (_name, env, fault) => {
    expect(faultsOf(env)).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
  });

  it('refuses two keys of the same name', async () => {
    const { keys } = await makeKeySet();
    expect(faultsOf({ JWT_SIGNING_KEYS: JSON.stringify({ keys: [keys[0], keys[0]] }) })).toEqual(['JWT_SIGNING_KEYS: two keys have the same kid']);
  });

  it('carries the version of the package', () => {
    const { version: packaged } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(version).toBe(packaged);
  });
});
