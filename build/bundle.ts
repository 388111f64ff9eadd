import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { buildFacts } from './build-facts.ts';
import { bundlePages } from './bundle-pages.ts';
import { lazyBuiltins } from './lazy-builtins.ts';
import { root } from './paths.ts';
import { thirdPartyLicenses } from './third-party.ts';

/** Worker name → entry file; `src/runtime/worker.ts` starts them by the same names. */
const workers: Readonly<Record<string, string>> = {
  sqlite: 'src/storage/sqlite/worker-main.ts',
  scan: 'src/capture/scan/scan-thread-main.ts',
  vault: 'src/cli/vault-thread-main.ts',
};

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  // The names of functions and classes appear in stack traces and in errors' names.
  keepNames: true,
  platform: 'node',
  target: 'node26',
  legalComments: 'none',
  // One character that is not ASCII makes V8 keep the whole text with two bytes a character.
  charset: 'ascii',
  logLevel: 'warning',
  metafile: true,
  plugins: [lazyBuiltins],
} satisfies BuildOptions;

/** Optional parts of the driver and of others that Leafward never asks for: each is tried by its owner and may be absent. */
const neverBundled = [
  '@mongodb-js/zstd',
  '@aws-sdk/credential-providers',
  'gcp-metadata',
  'kerberos',
  'mongodb-client-encryption',
  'snappy',
  'socks',
];

export interface Program {
  /** The main module. */
  readonly code: Uint8Array;
  /** What it asks for by name when it needs it (`src/runtime/asset.ts`), in the order of the names. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
}

/** Bundles the program for a target such as `linux-x64`. The same sources give the same bytes. */
export async function bundleProgram(target: string): Promise<Program> {
  const inputs = new Set<string>();
  const define = { LEAFWARD_BUILD: JSON.stringify(buildFacts(target)) };
  const assets = new Map<string, Uint8Array>();
  for (const [name, entry] of Object.entries(workers)) {
    assets.set(`workers/${name}.cjs`, await bundleOne({ entryPoints: [entry], format: 'cjs', define }, inputs));
  }
  const main: BuildOptions = {
    entryPoints: ['src/main.ts'],
    format: 'esm',
    define,
    // CommonJS packages inside an ES module need a `require` for Node's own modules.
    banner: {
      js: "import { createRequire as leafwardRequire } from 'node:module'; const require = leafwardRequire(import.meta.url);",
    },
  };
  const code = await bundleOne(main, inputs);
  for (const [name, bytes] of await files(inputs)) assets.set(name, bytes);
  return { code, assets: new Map([...assets].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

async function bundleOne(options: BuildOptions, inputs: Set<string>): Promise<Uint8Array> {
  const { outputFiles, metafile } = await build({ ...common, ...options, external: neverBundled, write: false });
  for (const input of Object.keys(metafile?.inputs ?? {})) inputs.add(input);
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild gave no output');
  return file.contents;
}

/** Pages, templates and licences; `inputs` are those of all bundles so far. */
async function files(inputs: Set<string>): Promise<Map<string, Uint8Array>> {
  const pages = await bundlePages();
  for (const input of pages.inputs) inputs.add(input);
  const assets = new Map(pages.files);
  assets.set('THIRD-PARTY-LICENSES.txt', new TextEncoder().encode(thirdPartyLicenses(inputs)));
  assets.set('LICENSE', readFileSync(join(root, 'LICENSE')));
  const templates = join(root, 'packaging');
  if (existsSync(templates)) {
    for (const entry of readdirSync(templates, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      assets.set(relative(root, path), readFileSync(path));
    }
  }
  return assets;
}
