import { BackupAgent } from '../../src/capture/backup-agent.ts';
import type { BackupAgentSettings } from '../../src/capture/backup-settings.ts';
import { createLog } from '../../src/runtime/log.ts';
import type { BackupTask, ScanState } from '../../src/wire/backup-messages.ts';
import { type BackupServer, BackupSetState } from './backup-server.ts';
import type { ReplicaSet } from './replica-set.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

export function freshScan(scanId = 'scan-1'): ScanState {
  return { scanId, kind: 'full', only: null, from: null, parts: [], planned: false };
}

/** Switches backup on for a set at the server, as a person would. */
export function backUp(server: BackupServer, set: ReplicaSet, changes: Partial<BackupTask> = {}): BackupSetState {
  const replicaSetId = (server.sets.size + 1).toString(16).padStart(24, '0');
  const state = new BackupSetState({
    replicaSetId,
    name: set.name,
    epoch: 1,
    members: set.hosts.map((host, index) => ({
      hostId: `h_${index}`,
      host,
      hidden: false,
      delaySeconds: 0,
      priority: 1,
      arbiter: false,
      stateName: 'SECONDARY',
    })),
    filter: { include: [], exclude: [] },
    limits: { scanBytesPerSecond: null, scanThreads: 2 },
    checkpoint: null,
    chain: null,
    scan: freshScan(),
    paused: false,
    ...changes,
  });
  server.sets.set(replicaSetId, state);
  server.changed();
  return state;
}

export interface Capturing extends AsyncDisposable {
  readonly agent: BackupAgent;
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** A backup agent in this process. */
export async function startCapturing(
  server: BackupServer,
  changes: Partial<BackupAgentSettings> = {},
): Promise<Capturing> {
  const folder: TempDir = tempDir('backup-agent');
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'text', write: (line) => void lines.push(line) });
  const agent = await BackupAgent.start(
    {
      serverUrl: server.url,
      groupId: 'g_test',
      apiKey: 'lfw_test',
      env: {},
      stateDir: folder.file('state'),
      maxSpoolBytes: 2 ** 30,
      credentials: undefined,
      mongodbTls: false,
      mongodbTlsCaFile: undefined,
      mongodbTlsCertificateKeyFile: undefined,
      ...changes,
    },
    log,
  );
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= agent.close();
    return closed;
  };
  return {
    agent,
    lines,
    close,
    async [Symbol.asyncDispose]() {
      await close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
