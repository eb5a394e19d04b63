import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { vendors } from './models.peers.ts';

/** Which of LangChain's packages a fresh process has loaded once it opened every vendor, and once it asked `asked`. */
async function loadedBy(asked: string): Promise<{ opened: string[]; asked: string[] }> {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve(specifier, context, next) {
      const found = next(specifier, context);
      const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(found.url)?.[1] ?? '';
      if (/^(@(langchain|anthropic-ai|mistralai)\\/.*|openai|groq-sdk|ollama)$/.test(name)) seen.add(name);
      return found;
    } });
    const { openModel } = await import('@adiuva/shared/models/models.ts');
    const deps = { clock: { now: () => 0 }, fetch: async () => new Response('{}', { status: 500 }) };
    const keys = new Proxy({}, { get: () => ({ apiKey: 'k' }) });
    const models = ${JSON.stringify(vendors)}.map((provider) => openModel({ provider, name: 'm' }, keys, deps));
    const opened = [...seen].toSorted();
    await models[${JSON.stringify(vendors)}.indexOf('${asked}')].complete({ messages: [{ role: 'user', content: 'x' }] }).catch(() => {});
    console.log(JSON.stringify({ opened, asked: [...seen].toSorted() }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return JSON.parse(stdout) as { opened: string[]; asked: string[] };
}

it.each([
  ['openai', ['@langchain/core', '@langchain/openai', 'openai']],
  ['openrouter', ['@langchain/core', '@langchain/openai', 'openai']],
  ['anthropic', ['@anthropic-ai/sdk', '@langchain/anthropic', '@langchain/core']],
  ['google', ['@langchain/core', '@langchain/google']],
  ['mistral', ['@langchain/core', '@langchain/mistralai', '@mistralai/mistralai']],
  ['groq', ['@langchain/core', '@langchain/groq', 'groq-sdk']],
  ['ollama', ['@langchain/core', '@langchain/ollama', 'ollama']],
])('opening all vendors loads no library, the first request to %s only its own', async (vendor, own) => {
  expect(await loadedBy(vendor)).toEqual({ opened: [], asked: own });
});
