import { globFits } from '../model/glob.ts';
import type { AlertSubject, AlertTarget, GroupSnapshot, HostView } from './ports.ts';

type Known = Pick<GroupSnapshot, 'hosts' | 'hostByName' | 'sets'>;

/** Whether a rule is about a subject. `maybe`: what kind of host it is cannot be said now; what is open stays so. */
export type Fit = 'yes' | 'no' | 'maybe';

const rank = { no: 0, maybe: 1, yes: 2 } as const;

/**
 * What a rule is about, as a question to ask of each subject. Within a list any will do, every list that is not empty must fit.
 * A set or cluster fits by its own name, or when one of its hosts does. Agents and what is of the whole group always fit.
 */
export function targetFit(target: AlertTarget, snapshot: Known): (subject: AlertSubject) => Fit {
  if (isEverything(target)) return () => 'yes';
  const hostFit = hostTest(target, snapshot);
  const known = new Map<string, Fit>();
  const fits = memberFits(snapshot, hostFit);
  return (subject) => {
    const key = `${subject.kind} ${subject.id}`;
    let fit = known.get(key);
    if (fit === undefined) {
      fit = fitOf(subject);
      known.set(key, fit);
    }
    return fit;
  };

  function fitOf({ kind, id, label }: AlertSubject): Fit {
    if (kind === 'agent' || kind === 'group') return 'yes';
    if (kind === 'set') return fits().sets.get(id) ?? 'no';
    if (kind === 'cluster') return fits().clusters.get(id) ?? 'no';
    const host = fits().hosts.get(id) ?? snapshot.hostByName.get(label);
    return host === undefined ? unwatchedFit(id, label) : hostFit(host);
  }

  /** A member that is named by its set but not watched: `<replicaSetId>/<host>`. */
  function unwatchedFit(id: string, label: string): Fit {
    const { hostTypes, clusters, tags, sets, hostPattern } = target;
    if (hostTypes.length > 0 || clusters.length > 0 || tags.length > 0) return 'no';
    const setId = id.split('/')[0] ?? '';
    const name = snapshot.sets.find(({ report }) => report.replicaSetId === setId)?.report.name;
    const setFits = sets.length === 0 || sets.includes(setId) || (name !== undefined && sets.includes(name));
    return setFits && matcher(hostPattern)(label) ? 'yes' : 'no';
  }
}

export function isEverything({ hostPattern, hostTypes, sets, clusters, tags }: AlertTarget): boolean {
  return hostPattern === '' && hostTypes.length + sets.length + clusters.length + tags.length === 0;
}

function hostTest(target: AlertTarget, snapshot: Known): (host: HostView) => Fit {
  const matches = matcher(target.hostPattern);
  const setNames = new Map(snapshot.sets.map(({ report }) => [report.replicaSetId, report.name]));
  const tags = new Set(target.tags);
  return (host) => {
    if (![host.host, ...host.aliases].some(matches)) return 'no';
    if (tags.size > 0 && !host.tags.some((tag) => tags.has(tag))) return 'no';
    if (target.clusters.length > 0 && !target.clusters.includes(host.clusterId ?? '')) return 'no';
    const setId = host.report?.replicaSetId;
    const setWords = setId === undefined ? [] : [setId, setNames.get(setId) ?? host.report?.setName ?? setId];
    if (target.sets.length > 0 && !target.sets.some((set) => setWords.includes(set))) return 'no';
    if (target.hostTypes.length === 0) return 'yes';
    const types = typesOf(host);
    if (types === undefined) return 'maybe';
    return target.hostTypes.some((type) => types.includes(type)) ? 'yes' : 'no';
  };
}

/** Undefined: not known now. */
function typesOf({ report }: HostView): readonly string[] | undefined {
  if (report?.role === undefined || report.role === 'unknown') return undefined;
  const { role, clusterRole } = report;
  const own = role === 'hidden' || role === 'delayed' ? 'secondary' : role;
  const cluster = clusterRole === 'configsvr' ? ['configServer'] : clusterRole === 'shardsvr' ? ['shardServer'] : [];
  return [own, ...cluster];
}

interface MemberFits {
  readonly hosts: ReadonlyMap<string, HostView>;
  readonly sets: ReadonlyMap<string, Fit>;
  readonly clusters: ReadonlyMap<string, Fit>;
}

/** Worked out when first asked for. */
function memberFits(snapshot: Known, hostFit: (host: HostView) => Fit): () => MemberFits {
  let made: MemberFits | undefined;
  return () => {
    if (made !== undefined) return made;
    const sets = new Map<string, Fit>();
    const clusters = new Map<string, Fit>();
    const better = (fits: Map<string, Fit>, id: string | null | undefined, fit: Fit): void => {
      if (id != null && rank[fit] > rank[fits.get(id) ?? 'no']) fits.set(id, fit);
    };
    for (const host of snapshot.hosts) {
      const fit = hostFit(host);
      better(sets, host.report?.replicaSetId, fit);
      better(clusters, host.clusterId, fit);
    }
    made = { hosts: new Map(snapshot.hosts.map((host) => [host.id, host])), sets, clusters };
    return made;
  };
}

/** `*` any characters, `?` one; several patterns apart by commas; without the port a pattern fits every port. */
function matcher(pattern: string): (host: string) => boolean {
  const parts = pattern.split(',').flatMap((part) => part.trim().toLowerCase() || []);
  if (parts.length === 0) return () => true;
  return (host) => {
    const name = host.toLowerCase();
    const bare = name.replace(/:\d+$/, '');
    return parts.some((part) => globFits(part, name, '?') || (!part.includes(':') && globFits(part, bare, '?')));
  };
}
