import { build as bundle, type BuildOptions, type Plugin } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const at = (...parts: string[]) => path.join(root, ...parts);

/** Native addons and packages that load files beside themselves: they stay outside the bundles. */
const external = [
  '@journeyapps/sqlcipher',
  'better-sqlite3-multiple-ciphers',
  'argon2',
  '@electric-sql/pglite',
  'electron',
  'pg-native',
  'bufferutil',
  'utf-8-validate',
];

/** ESM bundles that hold CommonJS packages need a `require` of their own. */
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" };

/**
 * zod without what nobody here uses, which is most of it: its fifty languages, and, because the bundler follows `import * as z` but not the `z` that zod
 * exports of itself, all that no schema calls.
 */
const leanZod: Plugin = {
  name: 'lean-zod',
  setup(build) {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
    build.onLoad({ filter: /[/\\](?:shared|cloud|desktop)[/\\]src[/\\].*\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replace("import { z } from 'zod';", "import * as z from 'zod';"),
      loader: 'ts',
    }));
  },
};

const node = (entryPoints: Record<string, string>, outdir: string): BuildOptions => ({
  absWorkingDir: root,
  entryPoints,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  external,
  banner,
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [leanZod],
});

/** A program for Node as the products are built, for benchmarks of parts of them. */
export const bundleProgram = (entryPoints: Record<string, string>, outdir: string): Promise<unknown> => bundle(node(entryPoints, outdir));

/** The thread of backups: a file of its own beside whatever starts it. */
const backupWorker = { 'backup-worker': 'desktop/src/core/backup/worker.ts' } as const;

/** What is built: the sources that make it stale, and how. */
const products = {
  cloud: {
    from: ['shared/src', 'cloud/src'],
    to: 'cloud/dist',
    run: () => bundle(node({ main: 'cloud/src/main.ts', admin: 'cloud/src/admin-main.ts' }, 'cloud/dist')),
  },
  cli: {
    from: ['shared/src', 'desktop/src/bridge', 'desktop/src/core', 'desktop/src/hosts'],
    to: 'desktop/dist/cli',
    run: () => bundle(node({ cli: 'desktop/src/hosts/cli/main.ts', ...backupWorker }, 'desktop/dist/cli')),
  },
  web: {
    from: ['shared/src', 'desktop/src/bridge', 'desktop/src/core', 'desktop/src/hosts'],
    to: 'desktop/dist/web',
    run: () => bundle(node({ web: 'desktop/src/hosts/web/main.ts', ...backupWorker }, 'desktop/dist/web')),
  },
  electron: { from: ['shared/src', 'desktop/src/bridge', 'desktop/src/core', 'desktop/src/hosts'], to: 'desktop/dist/electron', run: buildElectron },
  renderer: {
    from: ['shared/src/contracts', 'shared/src/kit', 'desktop/src/bridge', 'desktop/src/renderer', 'desktop/vite.config.ts'],
    to: 'desktop/dist/renderer',
    run: buildRenderer,
  },
} as const;

export type Product = keyof typeof products;

async function buildElectron() {
  await bundle(
    node({ main: 'desktop/src/hosts/electron/main.ts', core: 'desktop/src/hosts/electron/core-process.ts', ...backupWorker }, 'desktop/dist/electron'),
  );
  // A sandboxed preload is CommonJS in one file.
  await bundle({
    ...node({ preload: 'desktop/src/hosts/electron/preload.ts' }, 'desktop/dist/electron'),
    format: 'cjs',
    splitting: false,
    banner: {},
    outExtension: { '.js': '.cjs' },
  });
}

async function buildRenderer() {
  const vite = await import('vite');
  await vite.build({ configFile: at('desktop/vite.config.ts'), logLevel: 'warn' });
}

function* filesUnder(place: string): Generator<string> {
  if (statSync(place).isFile()) return void (yield place);
  for (const entry of readdirSync(place, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.includes('.test.') || entry.name.includes('.suite.')) continue;
    yield* filesUnder(path.join(place, entry.name));
  }
}

/** Names, sizes and times of the sources: cheap enough to ask at every start. */
function fingerprint(product: Product): string {
  const hash = createHash('sha256')
    .update(readFileSync(at('pnpm-lock.yaml')))
    .update(readFileSync(at('infra/bootstrap/build.ts')));
  for (const place of products[product].from) {
    for (const file of existsSync(at(place)) ? filesUnder(at(place)) : []) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/** Builds what is out of date, one after the other; `say` hears of each that is. */
export async function buildStale(names: readonly Product[], say: (line: string) => void): Promise<void> {
  for (const name of names) {
    const stamp = at('.cache', `built-${name}`);
    const now = fingerprint(name);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) continue;
    say(`building ${name}…`);
    rmSync(stamp, { force: true });
    rmSync(at(products[name].to), { recursive: true, force: true });
    await products[name].run();
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, now);
  }
}
