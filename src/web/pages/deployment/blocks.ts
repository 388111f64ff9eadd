import type { Health, Status } from '../../../wire/api/common.ts';
import type { TopologyAnswer, TopologyCluster, TopologyMember, TopologySet } from '../../../wire/api/deployment.ts';
import { fitsWords } from '../../components/fits-words.ts';

/** What the picture shows one below the other. */
export type Block =
  | { readonly kind: 'cluster'; readonly key: string; readonly status: Status; readonly cluster: TopologyCluster }
  | { readonly kind: 'set'; readonly key: string; readonly status: Status; readonly set: TopologySet }
  | {
      readonly kind: 'standalones';
      readonly key: string;
      readonly status: Status;
      readonly members: readonly TopologyMember[];
    };

/** A process and where it belongs, for the table. */
export interface Row {
  readonly member: TopologyMember;
  readonly place: string;
}

const urgency: Readonly<Record<Health, number>> = { bad: 0, warn: 1, unknown: 2, off: 4, ok: 3 };

/** All that matches the filter, problems first, then by name. */
export function blocksOf(topology: TopologyAnswer, filter: string): Block[] {
  const matches = matcher(filter);
  const blocks: Block[] = [];
  for (const cluster of topology.clusters) {
    if (matches(cluster.name, cluster.status.word, ...membersOf(cluster).flatMap(words)))
      blocks.push({ kind: 'cluster', key: cluster.clusterId, status: cluster.status, cluster });
  }
  for (const set of topology.sets) {
    if (matches(set.name, set.status.word, ...set.members.flatMap(words)))
      blocks.push({ kind: 'set', key: set.replicaSetId, status: set.status, set });
  }
  const single = topology.standalones.filter((member) => matches(...words(member)));
  const worst = single.toSorted((a, b) => urgency[a.status.health] - urgency[b.status.health])[0];
  if (worst !== undefined) blocks.push(...standaloneBlocks(single));
  const name = (block: Block) =>
    block.kind === 'cluster' ? block.cluster.name : block.kind === 'set' ? block.set.name : '\uffff';
  return blocks.sort((a, b) => urgency[a.status.health] - urgency[b.status.health] || name(a).localeCompare(name(b)));
}

/** Many single processes come in parts, so that far ones need not be drawn. */
function standaloneBlocks(members: readonly TopologyMember[]): Block[] {
  const sorted = members.toSorted(
    (a, b) => urgency[a.status.health] - urgency[b.status.health] || a.host.localeCompare(b.host),
  );
  const blocks: Block[] = [];
  for (let at = 0; at < sorted.length; at += 60) {
    const part = sorted.slice(at, at + 60);
    const status = part[0]?.status ?? { health: 'unknown', word: '' };
    blocks.push({ kind: 'standalones', key: `standalones-${at}`, status, members: part });
  }
  return blocks;
}

/** Every process that matches, problems first. */
export function rowsOf(topology: TopologyAnswer, filter: string): Row[] {
  const matches = matcher(filter);
  const rows: Row[] = [];
  for (const cluster of topology.clusters) {
    for (const member of cluster.mongos) rows.push({ member, place: cluster.name });
    const sets = cluster.configSet === null ? cluster.shards : [cluster.configSet, ...cluster.shards];
    for (const set of sets)
      for (const member of set.members) rows.push({ member, place: `${cluster.name} / ${set.shardName ?? set.name}` });
  }
  for (const set of topology.sets) for (const member of set.members) rows.push({ member, place: set.name });
  for (const member of topology.standalones) rows.push({ member, place: 'single' });
  return rows
    .filter(({ member, place }) => matches(place, ...words(member)))
    .sort(
      (a, b) =>
        urgency[a.member.status.health] - urgency[b.member.status.health] ||
        a.place.localeCompare(b.place) ||
        a.member.memberId - b.member.memberId,
    );
}

function membersOf(cluster: TopologyCluster): TopologyMember[] {
  return [
    ...cluster.mongos,
    ...(cluster.configSet?.members ?? []),
    ...cluster.shards.flatMap(({ members }) => members),
  ];
}

function words(member: TopologyMember): string[] {
  return [member.host, member.role, member.version ?? '', member.status.word];
}

function matcher(filter: string): (...texts: readonly string[]) => boolean {
  const fits = fitsWords(filter);
  return (...texts) => fits(texts.join('\n'));
}
