import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { buildFacts } from './build-facts.ts';
import { bundlePages } from './bundle-pages.ts';
import { lazyBuiltins } from './lazy-builtins.ts';
import { fromParts, packageParts } from './package-parts.ts';
import { root } from './paths.ts';
import { slimPackages } from './slim-packages.ts';
import { thirdPartyLicenses } from './third-party.ts';

/** Worker name → entry file; `src/runtime/worker.ts` starts them by the same names. */
const workers: Readonly<Record<string, string>> = {
  sqlite: 'src/storage/sqlite/worker-main.ts',
  scan: 'src/capture/scan/scan-thread-main.ts',
  vault: 'src/cli/vault-thread-main.ts',
  query: 'src/query/query-thread-main.ts',
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
  plugins: [lazyBuiltins, fromParts, slimPackages],
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
  /**
   * What it asks for by name when it needs it (`src/runtime/asset.ts`), in the order of the names; each is compressed with
   * zstd.
   */
  readonly assets: ReadonlyMap<string, Uint8Array>;
  /** Source files that are in it, from the top of the repository. */
  readonly inputs: ReadonlySet<string>;
}

/** Bundles the program; it is the same for every platform. The same sources give the same bytes. */
export async function bundleProgram(): Promise<Program> {
  const inputs = new Set<string>();
  const define = { LEAFWARD_BUILD: JSON.stringify(buildFacts()) };
  const assets = new Map<string, Uint8Array>();
  for (const [name, entry] of Object.entries(workers)) {
    assets.set(`workers/${name}.cjs`, await bundleOne({ entryPoints: [entry], format: 'cjs', define }, inputs));
  }
  for (const name of packageParts) {
    assets.set(`parts/${name}.cjs`, await bundlePart(name, inputs));
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
  const sorted = [...assets].sort(([a], [b]) => (a < b ? -1 : 1));
  return { code, assets: new Map(sorted.map(([name, bytes]) => [name, compressed(bytes)])), inputs };
}

/** A package of package-parts.ts, with all that it needs. */
export async function bundlePart(name: string, inputs: Set<string>): Promise<Uint8Array> {
  return bundleOne({ entryPoints: [name], format: 'cjs', plugins: [lazyBuiltins, slimPackages] }, inputs);
}

/** Read once in the life of a process, if at all: slow to make and small is right. */
function compressed(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 },
    pledgedSrcSize: bytes.length,
  });
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
