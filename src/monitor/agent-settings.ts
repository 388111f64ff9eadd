import type { Logins } from '../deployment/logins.ts';
import type { MongodbTls } from '../deployment/mongodb-tls.ts';
import type { ServerClientSettings } from '../wire/client.ts';

export interface MonitoringAgentSettings extends ServerClientSettings, MongodbTls {
  readonly stateDir: string;
  readonly maxOutboxBytes: number;
  /** Bytes of samples that may wait in memory. */
  readonly maxBufferMemory?: number | undefined;
  /** For hosts for which the server names no login. */
  readonly logins?: Logins | undefined;
  readonly importDiagnosticData: boolean;
}
