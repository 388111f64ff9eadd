import type { Target } from '../../wire/agent-messages.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import type { AgentRecord, HostRecord } from '../ports.ts';
import { sealCredentials } from '../seal.ts';
import { openCredentials } from './change-hosts.ts';
import type { GroupFleet } from './fleet.ts';
import { reachOf } from './host-donors.ts';

/** Whom an agent polls. Passwords go only to an approved agent, encrypted to its key. */
export function targetsFor(
  fleet: GroupFleet,
  agent: AgentRecord | undefined,
  box: CredentialBox,
  isWanted: (host: HostRecord) => boolean = () => true,
): Target[] {
  const watched = [...fleet.hosts.values()].filter(({ standing }) => standing === 'watched');
  const reach = reachOf(watched);
  return watched.filter(isWanted).map((host) => {
    const { login: donor, tls } = reach(host);
    const credentials = agent?.approved === true && donor !== undefined ? openCredentials(donor, box) : undefined;
    return {
      hostId: host.id,
      host: host.host,
      seed: host.seed,
      ...(host.connectTo === null ? {} : { connectTo: host.connectTo }),
      ...(tls === null ? {} : { tls }),
      ...(agent === undefined || credentials === undefined
        ? {}
        : { credentials: sealCredentials(credentials, agent.publicKey) }),
    };
  });
}
