import { describe, expect, it } from 'vitest';
import { manualClock } from '../kit/clock.ts';
import { seededRandom } from '../kit/ids.ts';
import { silentLog } from '../kit/log.ts';
import { openModels, parseModels } from './models.ts';

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
      'ADIUVA_MODELS: unknown provider "oracle"; known are builtin, openai',
      'ADIUVA_MODELS: "openai" needs a model, as in openai:NAME',
      'ADIUVA_MODELS: "builtin" takes no model name',
      'ADIUVA_MODELS: unknown provider ""; known are builtin, openai',
    ]);
  });

  it('does not take a name of every object for a provider', () => {
    expect(parseModels('constructor:x,__proto__:y', keys).faults).toHaveLength(2);
  });

  it('opens without asking anybody', () => {
    const fetch = () => Promise.reject(new Error('no network here'));
    const deps = { clock: manualClock(), random: seededRandom(1), log: silentLog, fetch };
    expect(openModels(parseModels('openai:gpt-5-mini,builtin', keys).specs, keys, deps).id).toBe('openai:gpt-5-mini,builtin');
  });
});
