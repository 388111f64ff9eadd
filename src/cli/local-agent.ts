import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import { writeFileAtomically } from '../runtime/atomic-file.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { parseSettingsFile } from '../runtime/settings-file.ts';
import { settingsTemplate } from '../runtime/settings-template.ts';
import { addAgentKey } from '../server/access/accounts.ts';
import { secretId } from '../server/access/secret-token.ts';
import type { ServerContext } from '../server/context.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import { type ChildGuard, endChild } from './child-guard.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';
import type { SeedUri } from './seed-uri.ts';

export interface LocalAgentSettings {
  readonly kind: 'monitoring' | 'backup';
  readonly dataDir: string;
  readonly groupId: string;
  readonly serverUrl: string;
  readonly serverCa: string | undefined;
  readonly seed: SeedUri | undefined;
  readonly logLevel: string;
  readonly context: ServerContext;
  readonly guard: ChildGuard;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface LocalAgent {
  close(): Promise<void>;
}

const endMs = 10_000;
const longestPauseMs = 30_000;

/** Folder in the data directory, settings file in it, command, and what the command knows. */
const kinds = {
  monitoring: { folder: 'agent', command: 'monitoring-agent', table: monitoringAgentSettings },
  backup: { folder: 'backup-agent', command: 'backup-agent', table: backupAgentSettings },
} as const;

/**
 * An agent of this machine, as a process of its own with a settings file of its own, as anywhere else.
 * It is started again when it ends by itself.
 */
export async function startLocalAgent(settings: LocalAgentSettings): Promise<LocalAgent> {
  const settingsPath = await writeSettings(settings);
  const stop = new AbortController();
  const signal = AbortSignal.any([settings.signal, stop.signal]);
  const running = supervise(settings, settingsPath, signal);
  // Failures to start are logged and tried again.
  running.catch(() => {});
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function supervise(settings: LocalAgentSettings, path: string, signal: AbortSignal): Promise<void> {
  const { log, logLevel, kind } = settings;
  let pauseMs = 1000;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      const child = await startAgent(settings, path);
      await untilEnded(child, signal);
      if (signal.aborted) return;
      log.warn(`the ${kind} agent ended and is started again`, {
        status: child.exitCode ?? child.signalCode,
        logLevel,
      });
    } catch (thrown) {
      log.error(`the ${kind} agent cannot be started`, { error: String(thrown) });
    }
    pauseMs = performance.now() - began > 60_000 ? 1000 : Math.min(pauseMs * 2, longestPauseMs);
    await sleep(pauseMs, signal);
  }
}

function startAgent({ guard, kind }: LocalAgentSettings, settingsPath: string): Promise<ChildProcess> {
  // What this program was given by the environment (data directory, log file, …) is not meant for the agent.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LEAFWARD_')));
  const program = isSea() ? [] : [process.argv[1] ?? ''];
  return guard.start(process.execPath, [...program, kinds[kind].command, '--settings', settingsPath], {
    // The one who starts this program as root has said so already.
    env: { ...env, LEAFWARD_ALLOW_ROOT: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function untilEnded(child: ChildProcess, signal: AbortSignal): Promise<void> {
  const gone = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  await Promise.race([gone, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
  if (signal.aborted) await endChild(child, endMs);
}

/** Gives back the path. What a file of an earlier run holds is kept: the key, and the login when no new one is named. */
async function writeSettings(settings: LocalAgentSettings): Promise<string> {
  const { groupId, serverUrl, serverCa, seed, logLevel } = settings;
  const { folder: folderName, command, table } = kinds[settings.kind];
  const folder = join(settings.dataDir, folderName);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${command}.config`);
  const before = await readBefore(path);
  const caPath = join(folder, 'server-ca.pem');
  if (serverCa !== undefined) await writeFileAtomically(caPath, serverCa);
  const values: Record<string, string | undefined> = {
    ...Object.fromEntries([...before].filter(([name]) => /^(mongodb|drill)/.test(name))),
    ...loginOf(seed),
    serverUrl,
    groupId,
    apiKey: await validKey(settings, before.get('apiKey')),
    serverCaFile: serverCa === undefined ? undefined : caPath,
    stateDir: join(folder, 'state'),
    logLevel,
  };
  const given = Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  await writeFileAtomically(path, settingsTemplate(table, given, ['Written at every start of leafward up.']));
  return path;
}

function loginOf(seed: SeedUri | undefined): Record<string, string | undefined> {
  if (seed === undefined) return {};
  const { username, password, authSource, authMechanism, tls, tlsCaFile, tlsCertificateKeyFile } = seed;
  return {
    // Whole: nothing of a login of before.
    ...((username !== undefined || authMechanism !== undefined) && {
      mongodbUsername: username,
      mongodbPassword: password,
      mongodbPasswordFile: undefined,
      mongodbPasswordCommand: undefined,
      mongodbAuthMechanism: authMechanism,
      mongodbAuthSource: authSource,
    }),
    mongodbTls: String(tls),
    mongodbTlsCaFile: tlsCaFile,
    mongodbTlsCertificateKeyFile: tlsCertificateKeyFile,
    mongodbTlsCertificateKeyFilePassword: seed.tlsCertificateKeyFilePassword,
    mongodbTlsAllowInvalidHostnames: seed.tlsAllowInvalidHostnames ? 'true' : undefined,
  };
}

async function readBefore(path: string): Promise<Map<string, string>> {
  try {
    return new Map(parseSettingsFile(await readFile(path, 'utf8'), path).map(({ name, value }) => [name, value]));
  } catch {
    // The first run, or a file that somebody broke: it is written anew.
    return new Map();
  }
}

async function validKey({ context, groupId, kind }: LocalAgentSettings, before: string | undefined): Promise<string> {
  const id = before === undefined ? undefined : secretId('lfw', before);
  const known = id === undefined ? undefined : await context.stores.keys.agentKey(id);
  if (before !== undefined && known?.groupId === groupId && known.revokedAtMs === null) return before;
  const { secret } = await addAgentKey(context, groupId, `the ${kind} agent beside the server`, kind);
  return secret;
}
