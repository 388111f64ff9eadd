import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../runtime/errors.ts';
import { masterKeyOfKit } from '../vault/recovery-kit.ts';

/** Where the key comes from that wraps the keys of all groups. */
export type MasterKeySource =
  | { readonly kind: 'file'; readonly path: string }
  /** Prints the key; run by the shell of the system, once at the start. */
  | { readonly kind: 'command'; readonly command: string };

const keyBytes = 32;
const commandTimeoutMs = 30_000;
const run = promisify(execFile);

/**
 * The master key: 32 bytes, written as 64 hex digits or base64. A file that is not there is made with a new key (mode 0600), unless
 * `mustExist` says why not.
 * @throws SETTINGS_INVALID, STORE_KEY_WRONG
 */
export async function readMasterKey(source: MasterKeySource, mustExist: string | null): Promise<Buffer> {
  if (source.kind === 'command') return parseKey(await printedBy(source.command), 'what masterKeyCommand prints');
  try {
    return parseKey(await readFile(source.path, 'latin1'), source.path);
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    if (!missing) throw thrown;
    if (mustExist !== null)
      throw new AppError('STORE_KEY_WRONG', `the master key file ${source.path} is not there, and ${mustExist}`, {
        cause: thrown,
        hint: `Put the key back: a copy of that file, or the recovery kit (leafward backup export-recovery-kit wrote it) under this very name. With another key nothing of the store can be read.`,
      });
    return makeKeyFile(source.path);
  }
}

/** Durable before anything is wrapped with it. */
async function makeKeyFile(path: string): Promise<Buffer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const key = randomBytes(keyBytes);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, 0o600);
  return key;
}

async function printedBy(command: string): Promise<string> {
  const shell = process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c'];
  const [program = '', ...flags] = shell;
  try {
    const { stdout } = await run(program, [...flags, command], { timeout: commandTimeoutMs, encoding: 'latin1' });
    return stdout;
  } catch (thrown) {
    // What it printed may hold the key: only how it ended is told.
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    throw new AppError('SETTINGS_INVALID', `the command for the master key of backups failed (exit ${code})`, {
      hint: 'Run it by hand as the user of the server: it has to print 64 hex digits within 30 s.',
    });
  }
}

function parseKey(text: string, where: string): Buffer {
  const ofKit = masterKeyOfKit(text, where);
  if (ofKit !== undefined) return ofKit;
  const trimmed = text.trim();
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length === keyBytes) return key;
  throw new AppError('SETTINGS_INVALID', `${where}: a master key is 32 bytes, as 64 hex digits or base64`, {
    hint: 'Make one with: openssl rand -hex 32',
  });
}
