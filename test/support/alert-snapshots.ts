import { type AgentView, type GroupSnapshot, type HostView, hostsByName } from '../../src/alerts/ports.ts';
import type { HostReport, MemberReport, SetReport } from '../../src/wire/agent-messages.ts';

/** A Saturday noon. */
export const noonMs = Date.UTC(2026, 10, 21, 12);

export function hostView(name: string, report: Partial<HostReport> = {}): HostView {
  const id = `h_${name}`;
  return {
    id,
    host: `${name}:27017`,
    aliases: [],
    tags: [],
    clusterId: null,
    addedAtMs: noonMs - 7 * 86_400_000,
    startupWarnings: null,
    report: {
      hostId: id,
      atMs: noonMs,
      reachable: true,
      missedPolls: 0,
      role: 'secondary',
      replicaSetId: 'aaa',
      ...report,
    },
  };
}

export function member(name: string, given: Partial<MemberReport> = {}): MemberReport {
  return {
    host: `${name}:27017`,
    memberId: 0,
    state: 2,
    stateName: 'SECONDARY',
    health: 1,
    arbiterOnly: false,
    hidden: false,
    priority: 1,
    votes: 1,
    delaySeconds: 0,
    lagMs: 0,
    ...given,
  };
}

export function setReport(members: readonly MemberReport[], given: Partial<SetReport> = {}): SetReport {
  return {
    replicaSetId: 'aaa',
    name: 'checkout',
    term: 1,
    configVersion: 1,
    reportedBy: 'checkout-1:27017',
    members: [...members],
    ...given,
  };
}

interface Given extends Partial<Omit<GroupSnapshot, 'sets' | 'hostByName' | 'latest'>> {
  readonly hosts?: readonly HostView[];
  readonly sets?: readonly SetReport[];
  readonly setsAtMs?: number;
  readonly latest?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A snapshot at noon with one live agent; the set is told of by checkout-1. */
export function snapshot({ sets = [], setsAtMs, latest = {}, ...given }: Given = {}): GroupSnapshot {
  const nowMs = given.nowMs ?? noonMs;
  const agents: readonly AgentView[] = [
    { id: 'a_1', hostname: 'ops-1', version: '1.0.0', lastSeenAtMs: nowMs - 2_000 },
  ];
  const hosts = given.hosts ?? [];
  return {
    groupId: 'g_1',
    nowMs,
    serverStartedAtMs: noonMs - 86_400_000,
    intervalMs: 10_000,
    agents,
    backups: { sets: [], agents: [], store: null },
    server: { version: '1.0.0', certificate: null },
    clusters: [],
    peopleChanges: [],
    elections: new Map(),
    windowed: () => undefined,
    baseline: () => undefined,
    blind: (given.agents ?? agents).every((agent) => nowMs - agent.lastSeenAtMs > 40_000),
    ...given,
    hosts,
    hostByName: hostsByName(hosts),
    sets: sets.map((report) => ({ report, atMs: setsAtMs ?? nowMs })),
    latest: new Map(Object.entries(latest).map(([name, values]) => [name, new Map(Object.entries(values))])),
  };
}
