import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asset } from '../runtime/asset.ts';
import { buildInfo } from '../runtime/build-info.ts';
import { AppError } from '../runtime/errors.ts';
import { readSettings } from '../runtime/settings.ts';
import { ArtifactFolders, artifactFolders } from '../server/downloads/artifact-folder.ts';
import { addArtifact, removeArtifact } from '../server/downloads/keep-artifact.ts';
import { targetName, targetOf } from '../server/downloads/target.ts';
import { parsePublicKeys } from '../wire/minisign.ts';
import type { Flags } from './commands.ts';
import { serverSettings } from './server-settings.ts';

/** `leafward admin artifacts add FILE | list | remove NAME`: the executables of other platforms that the server hands out. */
export async function runArtifactsCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const [action, name, ...more] = args;
  const { dataDir, artifactKeysFile } = readSettings(serverSettings, { ...serverFile(flags), flags, env: process.env });
  const json = flags['json'] === true;
  if (action === 'list' && name === undefined) return list(dataDir, json);
  if (more.length === 0 && name !== undefined) {
    if (action === 'add') return add(name, { dataDir, artifactKeysFile, flags });
    if (action === 'remove') return remove(name, dataDir, json);
  }
  throw new AppError('USAGE', `leafward admin artifacts ${args.join(' ')}: that is no action`, {
    hint: 'leafward admin artifacts add FILE, list, or remove NAME.',
  });
}

interface AddInput {
  readonly dataDir: string;
  readonly artifactKeysFile: string | undefined;
  readonly flags: Flags;
}

async function add(path: string, { dataDir, artifactKeysFile, flags }: AddInput): Promise<void> {
  const trust = { keys: await trustedKeys(artifactKeysFile), sha256: textOf(flags, 'sha256') };
  const { header } = await addArtifact(path, join(dataDir, 'artifacts'), trust, AbortSignal.timeout(600_000));
  if (flags['json'] === true) {
    const { name, version, os, arch, keyId } = header;
    console.log(JSON.stringify({ name, version, os, arch, keyId }));
    return;
  }
  console.log(`${header.name} is there: the server hands out archives for ${targetName(targetOf(header))} now.`);
  if (header.version !== buildInfo.version) {
    console.log(`This is version ${buildInfo.version}: a server hands out artifacts of its own version alone.`);
  }
}

async function list(dataDir: string, json: boolean): Promise<void> {
  const found = await new ArtifactFolders(artifactFolders(dataDir)).list();
  const rows = found.map(({ path, file, problem }) => {
    const header = file?.head.header;
    const state =
      problem ?? (header?.version === buildInfo.version ? 'handed out' : `not version ${buildInfo.version}`);
    return { path, name: header?.name ?? null, version: header?.version ?? null, state };
  });
  if (json) console.log(JSON.stringify(rows));
  else if (rows.length === 0) console.log(`There are none in ${artifactFolders(dataDir).join(' or ')}.`);
  else for (const { path, state } of rows) console.log(`${path}  ${state}`);
}

async function remove(name: string, dataDir: string, json: boolean): Promise<void> {
  await removeArtifact(name, join(dataDir, 'artifacts'));
  console.log(json ? JSON.stringify({ removed: name }) : `${name} is removed.`);
}

/** Those that are compiled in, and those of the user's file. @throws SETTINGS_INVALID */
async function trustedKeys(path: string | undefined): Promise<ReadonlyMap<string, KeyObject>> {
  const own = 'packaging/release-keys.pub';
  const keys = parsePublicKeys(Buffer.from(await asset(own)).toString(), own);
  if (path === undefined) return keys;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot read the file of keys ${path}`, { cause });
  }
  return new Map([...keys, ...parsePublicKeys(text, path)]);
}

/** The server's own settings, where they are and nothing else is said. */
function serverFile(flags: Flags): { file?: string } {
  const asked = textOf(flags, 'settings');
  if (asked !== undefined) return { file: asked };
  const usual = '/etc/leafward/server.config';
  const elsewhere = flags['dataDir'] !== undefined || process.env['LEAFWARD_DATA_DIR'] !== undefined;
  return elsewhere || !existsSync(usual) ? {} : { file: usual };
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
