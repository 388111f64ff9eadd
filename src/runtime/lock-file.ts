import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from './errors.ts';
import { processRuns, processStart } from './process-id.ts';

/**
 * Takes a lock that ends with this process, however that ends; gives back what releases it. The file holds the process id and
 * when that process began, so that another process which got the same id later does not hold the lock.
 * @throws CONFLICT while another process holds it.
 */
export async function takeLock(path: string): Promise<() => void> {
  const own = `${process.pid} ${processStart(process.pid)}\n`;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, own, { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await linked(temporary, path)) return () => release(path, own);
      await removeStale(path);
    }
  } finally {
    await rm(temporary, { force: true });
  }
  throw new AppError('CONFLICT', `${path} is taken by others again and again`);
}

/** A link is made with its content or not at all, and never over another. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (isErrno(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await contents(path);
  if (found === undefined) return;
  const pid = holder(found);
  if (pid !== undefined) throw held(path, pid);
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return;
    throw thrown;
  }
  // Somebody may have put a lock of theirs there since it was read.
  const moved = await contents(aside);
  if (moved !== undefined && moved !== found) await linked(aside, path);
  await rm(aside, { force: true });
}

/** The process that the text of a lock names, when it still runs; a lock without a start is of an older version or platform. */
function holder(text: string): number | undefined {
  const [word = '', start = ''] = text.trim().split(' ');
  const pid = Number(word);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !processRuns(pid)) return undefined;
  if (start === '') return pid === process.pid ? undefined : pid;
  return start === processStart(pid) ? pid : undefined;
}

function held(path: string, pid: number): AppError {
  return new AppError('CONFLICT', `${path} is held by process ${pid}, which runs`, {
    hint: `Stop process ${pid}, or remove ${path} if that process is not leafward.`,
  });
}

async function contents(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function release(path: string, own: string): void {
  try {
    if (readFileSync(path, 'utf8') === own) rmSync(path, { force: true });
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
  }
}

function isErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
