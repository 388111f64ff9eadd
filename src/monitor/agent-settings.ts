import type { MongodbCredentials } from '../wire/agent-messages.ts';
import type { ServerClientSettings } from '../wire/client.ts';

export interface MonitoringAgentSettings extends ServerClientSettings {
  readonly stateDir: string;
  readonly maxOutboxBytes: number;
  /** For hosts for which the server names no login. */
  readonly credentials?: MongodbCredentials | undefined;
  readonly mongodbTls: boolean;
  readonly mongodbTlsCaFile?: string | undefined;
  readonly mongodbTlsCertificateKeyFile?: string | undefined;
  readonly importDiagnosticData: boolean;
}
