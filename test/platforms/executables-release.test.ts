import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleProgram } from '../../build/bundle.ts';
import { elfSectionNames } from '../../build/elf/strip-elf.ts';
import { checkSignature } from '../../build/macho/check-signature.ts';
import { fetchBase, nodeBases } from '../../build/node-base.ts';
import { peFacts, withoutAuthenticode } from '../../build/pe/authenticode.ts';
import { versionStrings } from '../../build/pe/resources.ts';
import { needTools } from '../../build/platform-tools.ts';
import { makeExecutable } from '../../build/sea.ts';
import { artifactName, decodeArtifactHead, maxArtifactHeadBytes } from '../../src/wire/artifact.ts';
import { encodePublicKey, publicKeyOf, signDetached } from '../../src/wire/minisign.ts';
import { tempDir } from '../support/temp-dir.ts';
import { releaseFile, releaseFolder, version } from './release-files.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('SHA256SUMS names every file, and sha256sum agrees', () => {
  const said = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: releaseFolder, encoding: 'utf8' });
  const files = readdirSync(releaseFolder).filter((name) => name.startsWith('leafward-'));
  assert.equal(said.trim().split('\n').length, files.length);
  assert.equal(files.filter((name) => name.endsWith('.artifact')).length, 6);
});

for (const base of nodeBases) {
  const target = `${base.os}-${base.arch}`;
  test(`${target}: another build in another folder gives the same bytes`, async () => {
    await using folder = tempDir('again');
    const scratch = folder.file('in-a-folder-of-another-name');
    mkdirSync(scratch);
    const program = await bundleProgram();
    const again = makeExecutable({ program, target: base, base: fetchBase(base).program, version, scratch });
    assert.equal(sha256(again), sha256(releaseFile(base.os === 'win' ? `${target}.exe` : target)));
  });

  test(`${target}: its artifact holds what it says`, () => {
    const artifact = releaseFile(`${target}.artifact`);
    const head = decodeArtifactHead(artifact.subarray(0, maxArtifactHeadBytes));
    assert.equal(head.header.name, artifactName({ ...base, version }));
    assert.equal(head.totalBytes, artifact.length);
    for (const [index, { deflatedBytes, deflatedSha256 }] of head.header.files.entries()) {
      const at = head.offsets[index] ?? 0;
      assert.equal(sha256(artifact.subarray(at, at + deflatedBytes)), deflatedSha256);
    }
  });
}

test('macOS: every page has the hash of the ad-hoc signature; the check holds for what Apple signed too', () => {
  for (const base of nodeBases.filter(({ os }) => os === 'darwin')) {
    const ours = checkSignature(releaseFile(`darwin-${base.arch}`));
    assert.deepEqual([ours.identifier, ours.adhoc], ['leafward', true]);
    const apples = checkSignature(fetchBase(base).program);
    assert.equal(apples.adhoc, false);
    assert.ok(apples.pages > 30_000);
    console.log(`# darwin-${base.arch}: ${ours.pages} pages checked`);
  }
});

test('Linux: no symbols, no comment, the program inside', () => {
  for (const arch of ['x64', 'arm64']) {
    const names = elfSectionNames(releaseFile(`linux-${arch}`));
    assert.ok(names.includes('.note.node.sea'), names.join(' '));
    for (const gone of ['.symtab', '.strtab', '.comment']) assert.ok(!names.includes(gone), gone);
  }
});

test('Windows: a console program with our version, unsigned as osslsigncode leaves it, and one that it can sign', async () => {
  needTools(['osslsigncode']);
  await using folder = tempDir('authenticode');
  for (const arch of ['x64', 'arm64']) {
    const program = releaseFile(`win-${arch}.exe`);
    assert.deepEqual([peFacts(program).signed, peFacts(program).subsystem], [false, 3]);
    const { ProductName, ProductVersion, OriginalFilename } = versionStrings(program);
    assert.deepEqual([ProductName, ProductVersion, OriginalFilename], ['Leafward', version, 'leafward.exe']);
  }
  const base = nodeBases.find(({ os, arch }) => os === 'win' && arch === 'x64');
  assert.ok(base !== undefined);
  const { program } = fetchBase(base);
  writeFileSync(folder.file('node.exe'), program);
  const tool = (args: readonly string[]): string =>
    execFileSync('osslsigncode', args, { cwd: folder.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  tool(['remove-signature', '-in', 'node.exe', '-out', 'removed.exe']);
  assert.equal(sha256(withoutAuthenticode(program)), sha256(readFileSync(folder.file('removed.exe'))));

  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Test', '-days', '2'];
  const usage = ['-addext', 'extendedKeyUsage=codeSigning', '-keyout', 'key.pem', '-out', 'certificate.pem'];
  execFileSync('openssl', [...request, ...usage], { cwd: folder.path, stdio: 'ignore' });
  const ours = join(releaseFolder, `leafward-${version}-win-x64.exe`);
  tool(['sign', '-certs', 'certificate.pem', '-key', 'key.pem', '-h', 'sha256', '-in', ours, '-out', 'signed.exe']);
  assert.match(tool(['verify', '-CAfile', 'certificate.pem', '-in', 'signed.exe']), /Signature verification: ok/);
});

test('minisign itself verifies our signature, and refuses it over other bytes', async () => {
  needTools(['minisign']);
  await using folder = tempDir('minisign');
  const { privateKey } = generateKeyPairSync('ed25519');
  const content = readFileSync(join(releaseFolder, 'SHA256SUMS'));
  writeFileSync(folder.file('SHA256SUMS'), content);
  writeFileSync(folder.file('SHA256SUMS.minisig'), signDetached(content, privateKey, `leafward ${version}`));
  const verify = ['-Vm', folder.file('SHA256SUMS'), '-P', encodePublicKey(publicKeyOf(privateKey))];
  assert.match(execFileSync('minisign', verify, { encoding: 'utf8' }), /Signature and comment signature verified/);
  writeFileSync(folder.file('SHA256SUMS'), `${content.toString()} `);
  assert.throws(() => execFileSync('minisign', verify, { stdio: 'pipe' }));
});
