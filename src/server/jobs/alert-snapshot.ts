import {
  type BackupFacts,
  type GroupSnapshot,
  type HostView,
  hostsByName,
  type SnapshotSource,
} from '../../alerts/ports.ts';
import type { MetricsEngine } from '../../metrics/ports.ts';
import { catalogMetric, sourceLeaves } from '../../model/metric-catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Fleet, GroupFleet } from '../fleet/fleet.ts';
import { blindness } from '../fleet/host-status.ts';
import type { GroupStore } from '../ports.ts';

interface SourceParts {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly groups: GroupStore;
  readonly metrics: MetricsEngine;
  /** Not given: nothing is backed up. */
  readonly backups?: BackupFactsOf | undefined;
}

export type BackupFactsOf = (groupId: string) => Promise<BackupFacts>;

const noBackups: BackupFacts = { sets: [], agents: [], store: null };
const minuteMs = 60_000;
/** The loops over databases and collections take their time. */
const slowMaxAgeMs = 60 * minuteMs;

/** What the alert conditions may know, from the fleet in memory and the newest samples. */
export function createSnapshotSource({ clock, fleet, groups, metrics, backups }: SourceParts): SnapshotSource {
  const serverStartedAtMs = clock.now();
  return {
    groupIds: async () => (await groups.groups()).map((group) => group.id),
    async snapshot(groupId, names) {
      const group = await fleet.group(groupId);
      const hosts = watchedHosts(group);
      const { intervalMs } = group.group;
      return {
        groupId,
        nowMs: clock.now(),
        serverStartedAtMs,
        intervalMs,
        // Until the first report of this server's life, all that is known is from before.
        blind: group.lastReportAtMs === null || blindness(group, clock.now()) !== null,
        hosts,
        hostByName: hostsByName(hosts),
        sets: [...group.sets.values()].map(({ report, seenAtMs }) => ({ report, atMs: seenAtMs ?? 0 })),
        agents: [...group.agents.values()]
          .filter((agent) => agent.kind === 'monitoring')
          .map(({ id, hostname, lastSeenAtMs }) => ({ id, hostname, lastSeenAtMs })),
        backups: (await backups?.(groupId)) ?? noBackups,
        latest: await latestValues(metrics, groupId, hosts, names, intervalMs),
      };
    },
  };
}

function watchedHosts(group: GroupFleet): readonly HostView[] {
  const watched = [...group.hosts.values()].filter(({ standing }) => standing === 'watched');
  return watched.map(({ id, host, aliases, report }) => {
    const exposure = group.exposures.get(id);
    return { id, host, aliases, report, exposure };
  });
}

async function latestValues(
  metrics: MetricsEngine,
  groupId: string,
  hosts: readonly HostView[],
  names: readonly string[],
  intervalMs: number,
): Promise<GroupSnapshot['latest']> {
  const latest = new Map<string, Map<string, number>>();
  if (hosts.length === 0) return latest;
  const streams = hosts.map((host) => host.id);
  const slow = names.filter(isSlow);
  const fast = names.filter((name) => !isSlow(name));
  for (const [wanted, maxAgeMs] of [
    [fast, Math.max(3 * intervalMs, minuteMs)],
    [slow, slowMaxAgeMs],
  ] as const) {
    if (wanted.length === 0) continue;
    const found = await metrics.latest(groupId, streams, wanted, maxAgeMs);
    for (const [stream, { values }] of found) {
      for (const [index, name] of wanted.entries()) {
        const value = values[index];
        if (value === null || value === undefined) continue;
        const ofMetric = latest.get(name) ?? new Map<string, number>();
        latest.set(name, ofMetric.set(stream, value));
      }
    }
  }
  return latest;
}

function isSlow(name: string): boolean {
  const metric = catalogMetric(name);
  const leaves =
    metric === undefined ? [name] : sourceLeaves(metric.source).map((leaf) => ('raw' in leaf ? leaf.raw : leaf.match));
  return leaves.some((leaf) => /^(?:dbStats|collStats|indexStats)\./.test(leaf));
}
