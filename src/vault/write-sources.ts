import type { WriteSources } from '../wire/api/backups.ts';
import type { VaultMetadata } from './metadata-ports.ts';
import { writeBucketMs } from './write-counter.ts';

const mostPoints = 300;
const mostNamespaces = 50;

/** Oplog bytes and operations of each namespace over time, those that write most first. */
export function writeSourcesOf(
  metadata: VaultMetadata,
  replicaSetId: string,
  fromMs: number,
  untilMs: number,
): WriteSources {
  const wanted = (untilMs - fromMs) / mostPoints;
  const bucketMs = Math.max(1, Math.ceil(wanted / writeBucketMs)) * writeBucketMs;
  const found = new Map<string, Map<number, [number, number, number]>>();
  for (const { namespace, bucketMs: atMs, bytes, operations } of metadata.writes(replicaSetId, fromMs, untilMs)) {
    const points = found.get(namespace) ?? new Map<number, [number, number, number]>();
    const place = atMs - (atMs % bucketMs);
    const point = points.get(place) ?? [place, 0, 0];
    points.set(place, [place, point[1] + bytes, point[2] + operations]);
    found.set(namespace, points);
  }
  const namespaces = [...found].map(([namespace, points]) => ({ namespace, points: [...points.values()] }));
  const total = (points: readonly [number, number, number][]): number =>
    points.reduce((sum, [, bytes]) => sum + bytes, 0);
  namespaces.sort((a, b) => total(b.points) - total(a.points));
  return { bucketMs, namespaces: namespaces.slice(0, mostNamespaces) };
}
