import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** A user of the system below `root`, with the group of the same name; undefined when one of them is not there. */
export function findUser(name: string, root: string): SystemUser | undefined {
  if (process.platform === 'darwin' && root === '/') return macUser(name);
  const uid = numberOf(join(root, 'etc/passwd'), name);
  const gid = numberOf(join(root, 'etc/group'), name);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** macOS keeps its users elsewhere. */
function macUser(name: string): SystemUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8', timeout: 15_000 });
    return status === 0 ? Number(stdout.trim()) : undefined;
  });
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Third field of the line that begins with the name, as in passwd(5) and group(5). */
function numberOf(path: string, name: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  const number = Number(line?.split(':')[2]);
  return line === undefined || !Number.isSafeInteger(number) ? undefined : number;
}

/** The command that makes the user: no password, no shell, no home that anybody could write to. */
export function makeUser(name: string, root: string): readonly string[] {
  if (process.platform === 'darwin' && root === '/') return ['sh', '-c', macUserScript, 'sh', name];
  // Outside of the machine's own system: no chroot, which would need programs of that system.
  const where = root === '/' ? [] : ['--prefix', root];
  const shell = '/usr/sbin/nologin';
  return [
    'useradd',
    ...where,
    '--system',
    '--user-group',
    '--home-dir',
    '/var/lib/leafward',
    '--no-create-home',
    '--shell',
    shell,
    name,
  ];
}

export function removeUser(name: string, root: string): readonly string[] {
  if (process.platform === 'darwin' && root === '/') {
    return ['sh', '-c', 'sysadminctl -deleteUser "$1"; dseditgroup -o delete "$1"', 'sh', name];
  }
  return ['userdel', ...(root === '/' ? [] : ['--prefix', root]), name];
}

/** A role account: a number below 400 that neither a user nor a group has. */
const macUserScript = `number=300
while dscl . -list /Users UniqueID | grep -q " $number$" || dscl . -list /Groups PrimaryGroupID | grep -q " $number$"; do
  number=$((number + 1))
done
dseditgroup -o create -i "$number" "$1" &&
  sysadminctl -addUser "$1" -UID "$number" -GID "$number" -roleAccount -home /var/empty -shell /usr/bin/false`;
