import type { Target } from '../../wire/agent-messages.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import type { AgentRecord, HostRecord } from '../ports.ts';
import { sealCredentials } from '../seal.ts';
import { openCredentials } from './change-hosts.ts';
import type { GroupFleet } from './fleet.ts';

/**
 * Whom an agent polls. A host without a login or TLS setting of its own takes that of its set, then of its cluster:
 * a password typed for one member serves all. Passwords go only to an approved agent, encrypted to its key.
 */
export function targetsFor(
  fleet: GroupFleet,
  agent: AgentRecord | undefined,
  box: CredentialBox,
  isWanted: (host: HostRecord) => boolean = () => true,
): Target[] {
  const watched = [...fleet.hosts.values()].filter(({ standing }) => standing === 'watched');
  const donors = findDonors(watched);
  return watched.filter(isWanted).map((host) => {
    const donor = [host, donors.get(`set ${host.replicaSetId}`), donors.get(`cluster ${host.clusterId}`)].find(
      (candidate) => candidate !== undefined && candidate.credentials !== null,
    );
    const tls =
      host.tls ?? donors.get(`tls ${host.replicaSetId}`)?.tls ?? donors.get(`tls ${host.clusterId}`)?.tls ?? null;
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

function findDonors(hosts: readonly HostRecord[]): ReadonlyMap<string, HostRecord> {
  const donors = new Map<string, HostRecord>();
  const offer = (key: string, host: HostRecord): void => {
    if (!donors.has(key)) donors.set(key, host);
  };
  for (const host of hosts) {
    for (const [word, id] of [
      ['set', host.replicaSetId],
      ['cluster', host.clusterId],
    ] as const) {
      if (id === null) continue;
      if (host.credentials !== null) offer(`${word} ${id}`, host);
      if (host.tls !== null) offer(`tls ${id}`, host);
    }
  }
  return donors;
}
