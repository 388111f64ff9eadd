import type { HostConnection } from '../deployment/connect.ts';
import { type MongodbTls, tlsWith } from '../deployment/mongodb-tls.ts';
import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { AgentIdentity } from '../wire/agent-identity.ts';
import type { Target } from '../wire/agent-messages.ts';
import { openSealed } from '../wire/open-sealed.ts';

/** How to reach a target: what the server says of it, and the agent's own settings for TLS. Their logins come when it is opened. */
export function hostConnection(
  target: Pick<Target, 'host' | 'connectTo' | 'tls' | 'credentials'>,
  settings: MongodbTls,
  identity: Pick<AgentIdentity, 'privateKey' | 'publicKey'>,
  log: Log,
): HostConnection {
  const { host, connectTo, credentials: sealed } = target;
  const place = { host, connectTo, ...tlsWith(settings, target.tls) };
  if (sealed === undefined) return place;
  try {
    return { ...place, credentials: openSealed(sealed, identity.privateKey, identity.publicKey) };
  } catch (thrown) {
    log.error(`the login for ${host}`, { error: toAppError(thrown).message, next: toAppError(thrown).hint });
    return place;
  }
}
