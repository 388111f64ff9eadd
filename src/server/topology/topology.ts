import type { TopologyAnswer, TopologyCluster, TopologyMember, TopologySet } from '../../wire/api/deployment.ts';
import type { ServerContext } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { blindness, names } from '../fleet/host-status.ts';
import { shownHosts } from '../fleet/host-view.ts';
import { Figures } from './figures.ts';
import { type Canvas, drawMember, drawSet, worst } from './members.ts';
import { verdictOf } from './verdict.ts';

const freshMs = 1_000;

interface Kept {
  readonly revision: number;
  readonly atMs: number;
  readonly answer: Promise<TopologyAnswer>;
}

/** The picture of a group's deployment; drawn at most once a second, however many pages ask. */
export class Topology {
  readonly #context: ServerContext;
  readonly #figures: Figures;
  readonly #kept = new Map<string, Kept>();

  constructor(context: ServerContext) {
    this.#context = context;
    this.#figures = new Figures(context.metrics, context.clock);
  }

  async answer(groupId: string): Promise<TopologyAnswer> {
    const fleet = await this.#context.fleet.group(groupId);
    const now = this.#context.clock.now();
    const kept = this.#kept.get(groupId);
    // A change made by a person (another revision) is seen at once, as long as it is not the flood of reports.
    if (kept !== undefined && now - kept.atMs < (kept.revision === fleet.revision ? freshMs : freshMs / 4))
      return kept.answer;
    const answer = this.#draw(fleet, now);
    this.#kept.set(groupId, { revision: fleet.revision, atMs: now, answer });
    answer.catch(() => this.#kept.delete(groupId));
    return answer;
  }

  async #draw(fleet: GroupFleet, nowMs: number): Promise<TopologyAnswer> {
    const [figures, sparks] = await Promise.all([this.#figures.latest(fleet), this.#figures.sparks(fleet)]);
    const byName = new Map(
      [...fleet.hosts.values()].flatMap((host) => names(host).map((name) => [name, host] as const)),
    );
    const alerts = this.#context.openAlerts(fleet.group.id);
    const diskIsFull = this.#context.diskFullSinceMs() !== null;
    return draw({ fleet, nowMs, figures, sparks, alerts, byName }, diskIsFull);
  }
}

function draw(canvas: Canvas, diskIsFull: boolean): TopologyAnswer {
  const { fleet, nowMs, alerts } = canvas;
  const allSets = [...fleet.sets.values()].map(({ report }) => drawSet(canvas, report)).sort(byNameOf);
  const clusterOf = new Map([...fleet.sets.values()].map(({ report }) => [report.replicaSetId, report.clusterId]));
  const clusters = drawClusters(canvas, allSets, clusterOf);
  const clusterIds = new Set(clusters.map(({ clusterId }) => clusterId));
  const sets = allSets.filter(({ replicaSetId }) => !clusterIds.has(clusterOf.get(replicaSetId) ?? ''));
  const drawn = new Set(
    [...allSets.flatMap((set) => set.members), ...clusters.flatMap((cluster) => cluster.mongos)].map(
      ({ hostId }) => hostId,
    ),
  );
  const standalones = shownHosts(fleet)
    .filter(({ id, standing }) => !drawn.has(id) && standing === 'watched')
    .map(({ host }) => drawMember(canvas, host, undefined));
  const members = [
    ...allSets.flatMap((set) => set.members),
    ...clusters.flatMap(({ mongos }) => mongos),
    ...standalones,
  ];
  const blind = blindness(fleet, nowMs);
  return {
    verdict: verdictOf({
      alerts,
      members,
      blind,
      hasAgents: [...fleet.agents.values()].some(({ kind }) => kind === 'monitoring'),
      hosts: members.length,
      diskIsFull,
      setsWithoutPrimary: allSets.filter(({ primary }) => primary === null).map(({ name }) => name),
    }),
    blind,
    figures: figuresOf(canvas, members, allSets),
    clusters,
    sets,
    standalones,
    atMs: nowMs,
  };
}

function drawClusters(
  canvas: Canvas,
  sets: readonly TopologySet[],
  clusterOf: ReadonlyMap<string, string | undefined>,
): TopologyCluster[] {
  return [...canvas.fleet.clusters.values()].map(({ report }) => {
    const own = sets.filter(({ replicaSetId }) => clusterOf.get(replicaSetId) === report.clusterId);
    const configSet = own.find(({ clusterRole }) => clusterRole === 'configsvr') ?? null;
    const mongos = report.mongos.map(({ host }) => drawMember(canvas, host, undefined));
    const found = worst([...own, ...mongos].map(({ status }) => status));
    return {
      clusterId: report.clusterId,
      name: configSet?.name ?? report.configSetName ?? report.clusterId,
      status: found?.status ?? { health: 'unknown', word: 'unknown' },
      mongos,
      configSet,
      shards: own.filter((set) => set !== configSet),
    };
  });
}

function figuresOf(
  canvas: Canvas,
  members: readonly TopologyMember[],
  sets: readonly TopologySet[],
): TopologyAnswer['figures'] {
  const count = (test: (member: TopologyMember) => boolean): number => members.filter(test).length;
  const windows = sets.filter(({ oplogWindowMs }) => oplogWindowMs !== null);
  const shortest = windows.toSorted((a, b) => (a.oplogWindowMs ?? 0) - (b.oplogWindowMs ?? 0))[0];
  return {
    processes: members.length,
    healthy: count(({ status }) => status.health === 'ok'),
    lagging: count(({ status }) => status.word === 'lagging'),
    down: count(({ status }) => status.health === 'bad'),
    unknown: count(({ status }) => status.health === 'unknown'),
    operationsPerSecond: sum(members.map(({ operationsPerSecond }) => operationsPerSecond)),
    operationsSpark: sparkSum(members),
    connections: sum(members.map(({ connections }) => connections)),
    connectionsLimit: connectionsLimit(canvas, members),
    oldestOplogWindowMs: shortest?.oplogWindowMs ?? null,
    oldestOplogSet: shortest?.name ?? null,
    oldestOplogSetId: shortest?.replicaSetId ?? null,
    openAlerts: canvas.alerts.filter(({ state }) => state === 'open').length,
  };
}

function sparkSum(members: readonly TopologyMember[]): (number | null)[] {
  const longest = Math.max(0, ...members.map(({ spark }) => spark.length));
  return Array.from({ length: longest }, (_, at) => {
    const total = sum(members.map(({ spark }) => spark[at] ?? null));
    return total === null ? null : Math.round(total * 100) / 100;
  });
}

/** Current connections and their share of the limit give the limit. */
function connectionsLimit({ figures }: Canvas, members: readonly TopologyMember[]): number | null {
  const limits = members.map(({ hostId }) => {
    const { connections, connectionsPercent } = (hostId === null ? undefined : figures.get(hostId)) ?? {};
    if (connections == null || connectionsPercent == null || connectionsPercent <= 0) return null;
    return Math.round((connections * 100) / connectionsPercent);
  });
  return sum(limits);
}

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function byNameOf(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
