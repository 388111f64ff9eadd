import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import type { Owner, Step } from './steps.ts';
import { findUser, makeUser, removeUser, type SystemUser } from './system-user.ts';

interface RunInput {
  readonly root: string;
  /** Of the service. */
  readonly user: string;
  /** Whether a step before this one did something. */
  readonly changed: boolean;
}

/** Does one step where it is not done yet; gives back whether something changed. @throws INSTALL_FAILED */
export function runStep(step: Step, { root, user, changed }: RunInput): boolean {
  const owner = (of: Owner): SystemUser => ownerOf(of, user, root);
  try {
    switch (step.do) {
      case 'user':
        return haveUser(step.name, root);
      case 'folder':
        return haveFolder(join(root, step.path), step.mode, owner(step.owner));
      case 'file':
        return haveFile(join(root, step.path), step.body, step.mode, owner(step.owner));
      case 'program':
        return haveProgram(join(root, step.path), step.from);
      case 'link':
        return haveLink(join(root, step.path), step.target);
      case 'run':
        if (!changed && step.unless !== undefined && succeeds(step.unless)) return false;
        run(step.words, step.mayFail);
        return true;
      case 'remove':
        return remove(join(root, step.path), step.folder);
      case 'removeEmpty':
        return removeEmpty(join(root, step.path));
      default:
        return loseUser(step.name, root);
    }
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw failed(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}

/** Whether two files hold the same; the program is 120 MB, so not in memory. */
export function sameFiles(one: string, other: string): boolean {
  return statSync(one).size === statSync(other).size && sha256Of(one) === sha256Of(other);
}

function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** In a folder that somebody prepares without being root, all belongs to that user: whoever packs it says who owns it. */
function ownerOf(of: Owner, user: string, root: string): SystemUser {
  if (!isRoot()) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const found = of === 'root' ? undefined : findUser(user, root);
  if (of === 'root') return { uid: 0, gid: 0 };
  if (found === undefined) throw failed(`there is no user ${user}`);
  return of === 'group' ? { uid: 0, gid: found.gid } : found;
}

function haveUser(name: string, root: string): boolean {
  if (!isRoot() || findUser(name, root) !== undefined) return false;
  run(makeUser(name, root), false);
  return true;
}

function loseUser(name: string, root: string): boolean {
  if (!isRoot() || findUser(name, root) === undefined) return false;
  run(removeUser(name, root), false);
  return true;
}

function haveFolder(path: string, mode: number, { uid, gid }: SystemUser): boolean {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) {
    mkdirSync(dirname(path), { recursive: true });
    mkdirSync(path, { mode: 0o700 });
  }
  // The folder above may belong to the user of the service: a link of that user's would give away another folder.
  const isLink = before?.isSymbolicLink() === true;
  if (isLink && before.uid !== 0 && isRoot()) throw failed(`${path} is a link that root has not made: remove it`);
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | (isLink ? 0 : constants.O_NOFOLLOW));
  try {
    const now = fstatSync(folder);
    if (before !== undefined && (now.mode & 0o7777) === mode && now.uid === uid && now.gid === gid) return false;
    fchmodSync(folder, mode);
    if (isRoot()) fchownSync(folder, uid, gid);
  } finally {
    closeSync(folder);
  }
  return true;
}

function haveFile(path: string, body: Buffer, mode: number, { uid, gid }: SystemUser): boolean {
  const now = existsSync(path) ? statSync(path) : undefined;
  if (now !== undefined && readFileSync(path).equals(body)) {
    if ((now.mode & 0o7777) === mode && now.uid === uid && now.gid === gid) return false;
    chmodSync(path, mode);
    if (isRoot()) chownSync(path, uid, gid);
    return true;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  // Never readable by others, not even while it is written.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, body, { mode: 0o600, flag: 'wx', flush: true });
  if (isRoot()) chownSync(temporary, uid, gid);
  chmodSync(temporary, mode);
  // Replaced on purpose: what stood there before can be looked at.
  if (now !== undefined && path.endsWith('.config')) renameSync(path, `${path}.old`);
  renameSync(temporary, path);
  return true;
}

/** The program may be running: it is replaced, not written into. */
function haveProgram(path: string, from: string): boolean {
  if (existsSync(path) && sameFiles(path, from)) return false;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  copyFileSync(from, temporary);
  if (isRoot()) chownSync(temporary, 0, 0);
  chmodSync(temporary, 0o755);
  const file = openSync(temporary, 'r');
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
  return true;
}

function haveLink(path: string, target: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === target) {
    return false;
  }
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
  return true;
}

function remove(path: string, folder: boolean): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
  rmSync(path, { recursive: folder, force: true });
  return true;
}

function removeEmpty(path: string): boolean {
  if (!existsSync(path) || readdirSync(path).length > 0) return false;
  rmdirSync(path);
  return true;
}

function run(words: readonly string[], mayFail: boolean): void {
  const [command = '', ...args] = words;
  const { status, error, stderr, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  if (status === 0 || mayFail) return;
  const said = error?.message ?? `${stdout}${stderr}`.trim();
  throw failed(`${words.join(' ')} failed: ${said === '' ? `exit status ${status}` : said}`);
}

function succeeds([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

function failed(message: string, cause?: unknown): AppError {
  return new AppError('INSTALL_FAILED', message, { cause });
}
