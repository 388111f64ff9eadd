import type { Logins } from '../deployment/logins.ts';
import type { MongodbTls } from '../deployment/mongodb-tls.ts';
import type { ServerClientSettings } from '../wire/client.ts';
import type { DrillTarget } from './drill/drill-target.ts';

export interface BackupAgentSettings extends ServerClientSettings, MongodbTls {
  readonly stateDir: string;
  /** Disk space for slices that wait, of all replica sets together. */
  readonly maxSpoolBytes: number;
  /** Bytes of waiting slices that may stay in memory besides. */
  readonly maxBufferMemory?: number | undefined;
  /** For members for which the server names no login. */
  readonly logins?: Logins | undefined;
  /** Where drills are restored to; none: the server checks its store alone. */
  readonly drillTarget: DrillTarget | undefined;
}
