import type { Host } from '../../../wire/api/deployment.ts';

type Choice = readonly [value: string, label: string];

/** The replica sets of the hosts, by id, with their names. */
export function setNames(hosts: readonly Host[]): readonly Choice[] {
  return sorted(new Map(hosts.flatMap(({ replicaSetId: id, setName }) => (id === null ? [] : [[id, setName ?? id]]))));
}

/** The sharded clusters of the hosts, by id; a cluster has no name of its own but that of its shards. */
export function clusterNames(hosts: readonly Host[]): readonly Choice[] {
  return sorted(new Map(hosts.flatMap(({ clusterId }) => (clusterId === null ? [] : [[clusterId, clusterId]]))));
}

/** All tags that hosts have. */
export function tagNames(hosts: readonly Host[]): readonly Choice[] {
  return sorted(new Map(hosts.flatMap(({ tags }) => tags.map((tag) => [tag, tag]))));
}

function sorted(names: ReadonlyMap<string, string>): readonly Choice[] {
  return [...names].toSorted((a, b) => a[1].localeCompare(b[1]));
}

const tagPattern = /^[\p{L}\p{N}][\p{L}\p{N}._:=/@-]{0,49}$/u;

/** What was typed, as a tag; null: it cannot be one. */
export function tagOf(text: string): string | null {
  return tagPattern.test(text) ? text : null;
}
