/**
 * `make executables`: everything of a release that is not a package, in dist/executables (docs/formats/artifacts.md), for all
 * platforms or those that are named: `node build/executables.ts linux-arm64`. What is current already is not made again.
 */
import { createHash, type KeyObject } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { artifactName, decodeArtifactHead, programName } from '../src/wire/artifact.ts';
import { buildFacts, buildSeconds } from './build-facts.ts';
import { bundleProgram, type Program } from './bundle.ts';
import { inputsOf } from './executable.ts';
import { fetchBase, type NodeBase, nodeBases } from './node-base.ts';
import { orReport } from './or-report.ts';
import { dist, root } from './paths.ts';
import { makeArtifact } from './release/artifact-file.ts';
import { judgeSizes } from './release/budgets.ts';
import { signingKey, writeChecksums } from './release/checksums.ts';
import { makeSbom, readLockedPackages } from './release/sbom.ts';
import { buildWindowsService, hasGo } from './release/windows-service.ts';
import { makeExecutable } from './sea.ts';

const folder = join(dist, 'executables');
const stamps = join(dist, 'executables', '.inputs');
const { version, commit } = buildFacts();

interface Release {
  readonly program: Program;
  readonly privateKey: KeyObject | undefined;
  readonly withService: boolean;
}

if (import.meta.main) await orReport(main(process.argv.slice(2)));

async function main(wanted: readonly string[]): Promise<void> {
  const targets = nodeBases.filter((base) => wanted.length === 0 || wanted.includes(targetName(base)));
  const unknown = wanted.filter((name) => !targets.some((base) => targetName(base) === name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(', ')}; known: ${nodeBases.map(targetName).join(', ')}`);
  mkdirSync(stamps, { recursive: true });
  removeOtherVersions();
  const program = await bundleProgram();
  const release = { program, privateKey: signingKey(), withService: hasGo() };
  if (!release.withService) console.log('without leafward-service.exe: there is no Go here');
  // One is compressed while the next one is made.
  let packing: Promise<void> | undefined;
  for (const base of targets) {
    const next = make(base, release);
    next.catch(() => {});
    await packing;
    packing = next;
  }
  await packing;
  const sbom = { version, commit, seconds: buildSeconds(), inputs: program.inputs, packages: readLockedPackages() };
  writeFileSync(join(folder, `leafward-${version}.cdx.json`), makeSbom({ ...sbom, nodeVersions: process.versions }));
  writeChecksums(folder, version, release.privateKey);
  if (release.privateKey === undefined) console.log('not signed: LEAFWARD_ARTIFACT_KEY_FILE names no key');
  const over = targets.map(tellSizes).some((one) => one);
  if (over) throw new Error('over budget: see the lines above; build/release/budgets.ts has the limits');
}

async function make(base: NodeBase, release: Release): Promise<void> {
  const name = artifactName({ ...base, version });
  const stamp = join(stamps, name);
  const inputs = inputsWith(base, release);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs && namesOf(base, release).every(isThere)) return;
  rmSync(stamp, { force: true });
  const began = performance.now();
  const path = join(folder, programFile(base));
  writeFileSync(path, executableOf(base, release), { mode: 0o755 });
  const files = [{ name: programName(base.os), path }];
  if (base.os === 'win' && release.withService) {
    const service = join(folder, serviceFile(base));
    writeFileSync(service, buildWindowsService(base.arch), { mode: 0o755 });
    files.push({ name: 'leafward-service.exe', path: service });
  }
  const header = {
    name,
    version,
    commit,
    os: base.os,
    arch: base.arch,
    experimental: base.version !== process.versions.node,
    modifiedAtSeconds: buildSeconds(),
  };
  const artifact = await makeArtifact({ header, files, scratch: `${stamp}.deflate`, privateKey: release.privateKey });
  writeFileSync(join(folder, `${name}.artifact`), artifact);
  writeFileSync(stamp, inputs);
  console.log(`made ${name} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function executableOf(base: NodeBase, { program }: Release): Buffer {
  const fetched = fetchBase(base);
  if (fetched.licence !== undefined && base.version === process.versions.node) checkLicence(fetched.licence);
  const scratch = mkdtempSync(join(dist, 'executable-'));
  try {
    return makeExecutable({ program, target: base, base: fetched.program, version, scratch });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `leafward licences` prints our copy: it must be that of the Node that is inside. */
function checkLicence(text: string): void {
  const copy = join('build', 'licences', `node-${process.versions.node}.txt`);
  if (readFileSync(join(root, copy), 'utf8') === text) return;
  throw new Error(`${copy} is not the LICENSE of that Node: replace it by the one in its package`);
}

/** Everything that the files of a platform are made of: the bundle, the base, the key, the steps of the build. */
function inputsWith(base: NodeBase, { program, privateKey, withService }: Release): string {
  const hash = createHash('sha256').update(inputsOf(program));
  hash.update(JSON.stringify([base, version, buildSeconds(), withService]));
  hash.update(privateKey?.export({ format: 'der', type: 'pkcs8' }) ?? 'not signed');
  for (const part of [
    'build/sea.ts',
    'build/elf',
    'build/macho',
    'build/pe',
    'build/release',
    'tools/windows-service',
  ]) {
    for (const path of filesUnder(join(root, part))) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

function filesUnder(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => join(path, name)).filter((file) => statSync(file).isFile());
}

function namesOf(base: NodeBase, { withService }: Release): string[] {
  const names = [programFile(base), `${artifactName({ ...base, version })}.artifact`];
  return base.os === 'win' && withService ? [...names, serviceFile(base)] : names;
}

function isThere(name: string): boolean {
  return existsSync(join(folder, name));
}

/** What another version left would end up in SHA256SUMS. */
function removeOtherVersions(): void {
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const ours = name.startsWith(`leafward-${version}-`) || name.startsWith(`leafward-service-${version}-`);
    if (!ours) rmSync(join(folder, name));
  }
}

/** True when it is over budget. */
function tellSizes(base: NodeBase): boolean {
  const name = artifactName({ ...base, version });
  const [main] = decodeArtifactHead(readFileSync(join(folder, `${name}.artifact`))).header.files;
  const sizes = { programBytes: main?.sizeBytes ?? 0, compressedBytes: main?.deflatedBytes ?? 0 };
  const { over, line } = judgeSizes(name, base.os, sizes);
  console.log(line);
  return over;
}

function targetName({ os, arch }: NodeBase): string {
  return `${os}-${arch}`;
}

function programFile(base: NodeBase): string {
  return `${artifactName({ ...base, version })}${base.os === 'win' ? '.exe' : ''}`;
}

function serviceFile({ arch }: NodeBase): string {
  return `leafward-service-${version}-win-${arch}.exe`;
}
