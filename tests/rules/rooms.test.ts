import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenRules, importsOf, readRooms, root, sources } from './rooms.ts';

const rooms = readRooms();
const files = sources().map((file) => ({ file, code: readFileSync(path.join(root, file), 'utf8') }));

describe('the room table', () => {
  it('is read whole and covers the whole tree', () => {
    expect(rooms.length).toBeGreaterThan(20);
    expect(files.length).toBeGreaterThan(50);
  });
  it('holds: every import is one its room may make', () => {
    expect(brokenRules(rooms, files)).toEqual([]);
  });
  it('fails on a planted import of each forbidden kind', () => {
    const planted = (file: string, code: string) => brokenRules(rooms, [{ file, code }]);
    expect(planted('desktop/src/renderer/x.ts', "import fs from 'node:fs';")).toEqual(['desktop/src/renderer/x.ts: desktop/renderer may not use Node']);
    expect(planted('shared/src/kit/x.ts', "import { z } from 'zod';")).toHaveLength(1);
    expect(planted('cloud/src/chat/x.ts', "import '../adapters/db/database.ts';")).toHaveLength(1);
    expect(planted('desktop/src/core/chat/x.ts', "import { a } from '../store/migrations.ts';")).toEqual([
      'desktop/src/core/chat/x.ts: "migrations" is no door of desktop/core/store',
    ]);
    expect(planted('cloud/src/agents/x.ts', "const a = await import('left-pad');")).toHaveLength(1);
    expect(planted('desktop/src/elsewhere/x.ts', "import 'zod';")).toHaveLength(1);
  });
  it('sees static, side-effect, dynamic and required imports', () => {
    expect(importsOf("import a from 'a';\nimport type {\n b,\n} from 'b';\nimport 'c';\nexport { d } from 'd';\nawait import('e'); require('f');")).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
    ]);
  });
});

/** Globals that would make a part untestable, and where they may stand: roots, `kit`, the screen. */
const globals = [
  { pattern: /\bnew Date\(\s*\)|\bDate\.now\(/, what: 'asks the clock' },
  { pattern: /\bMath\.random\(|\bcrypto\.(?:randomUUID|getRandomValues)\(|\brandomBytes\(/, what: 'draws randomness' },
  { pattern: /(?<![\w.$])fetch\(/, what: 'uses the global fetch' },
  { pattern: /\bprocess\.env\b/, what: 'reads the environment' },
  { pattern: /(?<![\w.$])(?:setTimeout|setInterval)\(/, what: 'sets a timer' },
];
const free = /^shared\/src\/kit\/|^cloud\/src\/(?:admin-)?main\.ts$|^desktop\/src\/hosts\/|^desktop\/src\/renderer\//;
const uncommented = (code: string) => code.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
const globalFaults = (tree: typeof files) =>
  tree
    .filter(({ file }) => !free.test(file))
    .flatMap(({ file, code }) => globals.filter(({ pattern }) => pattern.test(uncommented(code))).map(({ what }) => `${file}: ${what}`));

/** The one module that may call a cipher, a keyed hash or a derivation of keys. */
const cipherCalls =
  /\bcreate(?:Cipher|Decipher)iv\b|\bcreate(?:Hmac|SecretKey)\b|\b(?:hkdf|pbkdf2|scrypt)Sync\b|\bsubtle\.(?:encrypt|decrypt|sign|deriveBits)\b|(?:from |import\()'argon2'/;

describe('the laws', () => {
  it('side effects are arguments', () => {
    expect(globalFaults(files)).toEqual([]);
    expect(globalFaults([{ file: 'cloud/src/x.ts', code: 'const t = Date.now(); const d = new Date();' }])).toHaveLength(1);
  });
  it('one module calls ciphers, and the password hash of the cloud stands in accounts', () => {
    const callers = files.filter(({ code }) => cipherCalls.test(uncommented(code))).map(({ file }) => file);
    expect(callers.filter((file) => !/^desktop\/src\/core\/crypto\.ts$|^cloud\/src\/accounts\//.test(file))).toEqual([]);
  });
  it('no default exports, no enums, no path of a machine, no registry host', () => {
    const bad = files.filter(({ code }) => /^export default\b|^\s*(?:export )?(?:const )?enum \w/m.test(code)).map(({ file }) => file);
    expect(bad).toEqual([]);
    const lock = readFileSync(path.join(root, 'pnpm-lock.yaml'), 'utf8');
    expect(lock).not.toMatch(/https?:\/\//);
    expect(files.filter(({ code }) => /['"`]\/(?:home|root|work|Users)\//.test(code)).map(({ file }) => file)).toEqual([]);
  });
});
