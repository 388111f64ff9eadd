import type { MongodbCredentials } from '../wire/agent-messages.ts';
import type { ServerClientSettings } from '../wire/client.ts';
import type { DrillTarget } from './drill/drill-target.ts';

export interface BackupAgentSettings extends ServerClientSettings {
  readonly stateDir: string;
  /** Disk space for slices that wait, of all replica sets together. */
  readonly maxSpoolBytes: number;
  /** For members for which the server names no login. */
  readonly credentials: MongodbCredentials | undefined;
  /** Where drills are restored to; none: the server checks its store alone. */
  readonly drillTarget: DrillTarget | undefined;
  readonly mongodbTls: boolean;
  readonly mongodbTlsCaFile: string | undefined;
  readonly mongodbTlsCertificateKeyFile: string | undefined;
}
