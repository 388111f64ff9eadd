import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeBases } from '../node-base.ts';
import { root } from '../paths.ts';

const lockedPackages = z.record(
  z.string(),
  z.object({ version: z.string().optional(), integrity: z.string().optional(), license: z.string().optional() }),
);
const lockFile = z.object({ packages: lockedPackages });
export type LockedPackages = z.infer<typeof lockedPackages>;

interface Component {
  readonly type: 'application' | 'library' | 'framework';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Component[];
}

export interface SbomInput {
  readonly version: string;
  readonly commit: string;
  readonly seconds: number;
  /** Source files that went in, as esbuild's metafile names them. */
  readonly inputs: Iterable<string>;
  readonly packages: LockedPackages;
  /** `process.versions` of the Node that is inside: its own and those of its parts. */
  readonly nodeVersions: Readonly<Record<string, string | undefined>>;
}

/** `packages` of package-lock.json: by folder, such as `node_modules/zod`. */
export function readLockedPackages(): LockedPackages {
  return lockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))).packages;
}

/**
 * What is really inside, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): the packages of which files went into the
 * bundle, with the hashes of the lock file; Node and its parts. The same input gives the same text.
 */
export function makeSbom({ version, commit, seconds, inputs, packages, nodeVersions }: SbomInput): string {
  const libraries = [...foldersOf(inputs)].map((folder) => library(folder, packages));
  const product = { type: 'application', 'bom-ref': 'leafward', name: 'leafward', version } as const;
  const components = [node(nodeVersions), ...libraries];
  const body = {
    metadata: {
      timestamp: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
      component: { ...product, licenses: [{ expression: 'Apache-2.0' }] },
      properties: [{ name: 'leafward:commit', value: commit }, ...otherNodes(nodeVersions['node'])],
    },
    components,
    dependencies: [{ ref: 'leafward', dependsOn: components.map((component) => component['bom-ref']) }],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(body))}`;
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1 };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

function foldersOf(inputs: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  return new Set([...folders].sort());
}

function library(folder: string, packages: LockedPackages): Component {
  const locked = packages[folder];
  if (locked?.version === undefined) throw new Error(`${folder} is in the bundle but not in package-lock.json`);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
  const sha512 = /^sha512-(.+)$/.exec(locked.integrity ?? '')?.[1];
  return {
    type: 'library',
    // One package may be there in several places.
    'bom-ref': `${purl}#${folder}`,
    name,
    version: locked.version,
    purl,
    ...(locked.license !== undefined && { licenses: [{ expression: locked.license }] }),
    ...(sha512 !== undefined && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    }),
  };
}

function node(versions: SbomInput['nodeVersions']): Component {
  const { node: version = 'unknown', ...parts } = versions;
  const components = Object.entries(parts)
    // The number of an interface, not of a part.
    .filter(([name, value]) => name !== 'modules' && value !== undefined)
    .map(
      ([name, value]): Component => ({
        type: 'library',
        'bom-ref': `node/${name}@${value}`,
        name,
        version: value ?? '',
      }),
    );
  const purl = `pkg:generic/node@${version}`;
  return {
    type: 'framework',
    'bom-ref': purl,
    name: 'node',
    version,
    purl,
    licenses: [{ expression: 'MIT' }],
    components,
  };
}

/** Platforms whose base is another Node than the one that is described. */
function otherNodes(version: string | undefined) {
  return nodeBases
    .filter((base) => base.version !== version)
    .map((base) => ({ name: `leafward:node:${base.os}-${base.arch}`, value: base.version }));
}

/** A UUID (RFC 9562, version 8) of a text. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
