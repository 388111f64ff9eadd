import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../build/paths.ts';
import { needTools } from '../../build/platform-tools.ts';

export type Release = 'bookworm' | 'trixie';

const folder = join(root, '.cache', 'platforms');
/** Of unshare: mounts and processes of its own, which end with it. */
export const ownNamespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'] as const;

/**
 * The folder of a small Debian system (debootstrap's minbase), made once and kept in `.cache/platforms`; with `packages` one
 * that has these besides, under the name `name`. Nothing is ever changed in it: see chroot.ts.
 */
export function baseSystem(
  release: Release,
  more?: { readonly name: string; readonly packages: readonly string[]; readonly foreign?: 'arm64' },
): string {
  const name = more === undefined ? release : `${release}-${more.name}`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  needRoot();
  needTools(['debootstrap']);
  mkdirSync(folder, { recursive: true });
  const partial = `${path}.partial`;
  rmSync(partial, { recursive: true, force: true });
  if (more === undefined) {
    const args = ['--variant=minbase', release, partial, debianMirror()];
    execFileSync('debootstrap', args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 });
    prepare(partial);
  } else {
    execFileSync('cp', ['--archive', baseSystem(release), partial]);
    const foreign = more.foreign === undefined ? '' : `dpkg --add-architecture ${more.foreign} && `;
    const install = `${foreign}apt-get update -qq && apt-get install -y -qq --no-install-recommends ${more.packages.join(' ')}`;
    inside(partial, install);
  }
  renameSync(partial, path);
  return path;
}

function needRoot(): void {
  if (process.getuid?.() !== 0)
    throw new Error('make test-platforms needs root: it makes systems of their own with chroot');
}

/** No mounts but what end with this one command; nothing may start there while packages are installed. */
function inside(system: string, script: string): void {
  const mounted = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /bin/sh -ec "$1"';
  const args = [...ownNamespaces, 'sh', '-ec', mounted, system, script];
  execFileSync('unshare', args, { stdio: ['ignore', 'ignore', 'inherit'], env: systemEnvironment(), timeout: 600_000 });
}

/** Names as the machine has them; init scripts of packages other than ours do not run. */
function prepare(system: string): void {
  copyFileSync('/etc/resolv.conf', join(system, 'etc', 'resolv.conf'));
  writeFileSync(join(system, 'etc', 'hosts'), '127.0.0.1 localhost\n');
  const policy = '#!/bin/sh\ncase "$1" in leafward-*) exit 0 ;; esac\nexit 101\n';
  writeFileSync(join(system, 'usr', 'sbin', 'policy-rc.d'), policy, { mode: 0o755 });
}

export function systemEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
}

/** The mirror that this machine's own apt uses, or LEAFWARD_TEST_DEBIAN_MIRROR. */
function debianMirror(): string {
  const given = process.env['LEAFWARD_TEST_DEBIAN_MIRROR'];
  if (given !== undefined) return given;
  const args = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages', 'Origin: Debian'];
  const [site] = spawnSync('apt-get', args, { encoding: 'utf8' }).stdout.split('\n');
  if (site === undefined || site === '') {
    throw new Error('no Debian mirror is known: set LEAFWARD_TEST_DEBIAN_MIRROR to its address');
  }
  return site;
}
