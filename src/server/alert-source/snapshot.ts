import {
  type BackupFacts,
  type HostView,
  hostsByName,
  type Needs,
  type ServerFacts,
  type SnapshotSource,
} from '../../alerts/ports.ts';
import type { MetricsEngine } from '../../metrics/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Fleet, GroupFleet } from '../fleet/fleet.ts';
import { blindness } from '../fleet/host-status.ts';
import type { Stores } from '../ports.ts';
import { MetricValues } from './metric-values.ts';
import { PeopleChanges } from './people-changes.ts';
import { RecentElections } from './recent-elections.ts';
import { StartupWarnings } from './startup-warnings.ts';

export interface SourceParts {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly stores: Pick<Stores, 'groups' | 'events' | 'hosts' | 'audit'>;
  readonly metrics: MetricsEngine;
  readonly server: () => ServerFacts;
  /** Not given: nothing is backed up. */
  readonly backups?: BackupFactsOf | undefined;
}

export type BackupFactsOf = (groupId: string) => Promise<BackupFacts>;

const noBackups: BackupFacts = { sets: [], agents: [], store: null };

/** What is read of the stores for one group, and kept between two looks. */
interface GroupReaders {
  readonly values: MetricValues;
  readonly elections: RecentElections;
  readonly people: PeopleChanges;
  readonly warnings: StartupWarnings;
}

/** What the alert conditions may know, from the fleet in memory, the newest samples and the logs. */
export function createSnapshotSource(parts: SourceParts): SnapshotSource {
  const { clock, fleet, stores } = parts;
  const serverStartedAtMs = clock.now();
  const readers = new Map<string, GroupReaders>();
  const readersOf = (groupId: string): GroupReaders => {
    const known = readers.get(groupId) ?? newReaders(parts);
    readers.set(groupId, known);
    return known;
  };
  return {
    async groupIds() {
      const ids = (await stores.groups.groups()).map((group) => group.id);
      for (const groupId of readers.keys()) if (!ids.includes(groupId)) readers.delete(groupId);
      return ids;
    },
    async snapshot(groupId, needs) {
      const group = await fleet.group(groupId);
      const { values, elections, people, warnings } = readersOf(groupId);
      const hosts = watchedHosts(group, needs, needs.startupWarnings ? await warnings.lines(groupId) : new Map());
      const { intervalMs } = group.group;
      const hostIds = hosts.map(({ id }) => id);
      const nowMs = clock.now();
      return {
        groupId,
        nowMs,
        serverStartedAtMs,
        intervalMs,
        // Until the first report of this server's life, all that is known is from before.
        blind: group.lastReportAtMs === null || blindness(group, nowMs) !== null,
        hosts,
        hostByName: hostsByName(hosts),
        sets: [...group.sets.values()].map(({ report, seenAtMs }) => ({ report, atMs: seenAtMs ?? 0 })),
        clusters: [...group.clusters.values()].map(({ report, seenAtMs }) => ({ report, atMs: seenAtMs ?? 0 })),
        agents: [...group.agents.values()]
          .filter((agent) => agent.kind === 'monitoring')
          .map(({ id, hostname, version, lastSeenAtMs }) => ({ id, hostname, version, lastSeenAtMs })),
        backups: (await parts.backups?.(groupId)) ?? noBackups,
        server: parts.server(),
        peopleChanges: needs.peopleChanges ? await people.changes(groupId) : [],
        elections: needs.elections ? await elections.bySet(groupId) : new Map(),
        ...(await values.values({ groupId, hostIds, needs, intervalMs })),
      };
    },
  };
}

function newReaders({ clock, stores, metrics }: SourceParts): GroupReaders {
  return {
    values: new MetricValues(metrics, clock),
    elections: new RecentElections(stores.events, clock),
    people: new PeopleChanges(stores.audit, clock),
    warnings: new StartupWarnings(stores.hosts, clock),
  };
}

/** The watched hosts of a group as conditions see them. */
export function watchedHosts(
  group: GroupFleet,
  { startupWarnings }: Pick<Needs, 'startupWarnings'>,
  warnings: ReadonlyMap<string, readonly string[]>,
): readonly HostView[] {
  const watched = [...group.hosts.values()].filter(({ standing }) => standing === 'watched');
  return watched.map(({ id, host, aliases, tags, clusterId, addedAtMs, report }) => ({
    id,
    host,
    aliases,
    tags,
    clusterId,
    addedAtMs,
    startupWarnings: startupWarnings ? (warnings.get(id) ?? null) : null,
    report,
    exposure: group.exposures.get(id),
  }));
}
