import type { HostRecord } from '../ports.ts';

/** The login and the TLS setting with which a host is reached. */
interface Reach {
  /** The host whose login it is: itself, or another of its set or cluster. */
  readonly login: HostRecord | undefined;
  readonly tls: boolean | null;
}

/**
 * A host without a login or TLS setting of its own takes that of its set, then of its cluster: a password typed for one
 * member serves all.
 */
export function reachOf(hosts: readonly HostRecord[]): (host: HostRecord) => Reach {
  const donors = findDonors(hosts);
  return (host) => {
    const login = [host, donors.get(`set ${host.replicaSetId}`), donors.get(`cluster ${host.clusterId}`)].find(
      (candidate) => candidate !== undefined && candidate.credentials !== null,
    );
    const tls =
      host.tls ?? donors.get(`tls ${host.replicaSetId}`)?.tls ?? donors.get(`tls ${host.clusterId}`)?.tls ?? null;
    return { login, tls };
  };
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
