import type { HostConnection } from '../deployment/connect.ts';
import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { AgentIdentity } from '../wire/agent-identity.ts';
import type { Target } from '../wire/agent-messages.ts';
import { openSealed } from '../wire/open-sealed.ts';
import type { MonitoringAgentSettings } from './agent-settings.ts';

/** How to reach a target: what the server says of it, and the agent's own settings for what it does not say. */
export function hostConnection(
  target: Pick<Target, 'host' | 'connectTo' | 'tls' | 'credentials'>,
  settings: Pick<
    MonitoringAgentSettings,
    'credentials' | 'mongodbTls' | 'mongodbTlsCaFile' | 'mongodbTlsCertificateKeyFile'
  >,
  identity: Pick<AgentIdentity, 'privateKey' | 'publicKey'>,
  log: Log,
): HostConnection {
  let { credentials } = settings;
  if (target.credentials !== undefined) {
    try {
      credentials = openSealed(target.credentials, identity.privateKey, identity.publicKey);
    } catch (thrown) {
      log.error(`the login for ${target.host}`, { error: toAppError(thrown).message, next: toAppError(thrown).hint });
    }
  }
  return {
    host: target.host,
    connectTo: target.connectTo,
    tls: target.tls ?? settings.mongodbTls,
    tlsCaFile: settings.mongodbTlsCaFile,
    tlsCertificateKeyFile: settings.mongodbTlsCertificateKeyFile,
    credentials,
  };
}
