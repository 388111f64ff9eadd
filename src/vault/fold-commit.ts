import { randomBytes } from 'node:crypto';
import { type Optime, timestampMs } from '../model/optime.ts';
import type { FoldPass } from './fold-pass.ts';
import { writeDeltas } from './fold-write.ts';
import type { PointCommit, StoredPoint, StoredVersion } from './metadata-ports.ts';
import type { CollectionRuns, PointRun } from './ports.ts';
import type { StoreSink } from './store-sink.ts';

/** What a pass leaves: the collections after it, and what of them is new. Its blocks are durable. */
export interface WrittenPass {
  readonly collections: readonly CollectionRuns[];
  readonly changed: PointCommit['changed'];
  readonly newRuns: readonly PointRun[];
}

export async function writePass(
  pass: FoldPass,
  sink: StoreSink,
  options: { readonly groupKey: Buffer; readonly lenient: boolean },
): Promise<WrittenPass> {
  const changed = new Map<string, StoredVersion | null>();
  const newRuns: PointRun[] = [];
  const collections: CollectionRuns[] = [];
  for await (const written of writeDeltas(pass, sink, options)) {
    const { info, incomplete, delta } = written;
    newRuns.push(...written.written);
    const runs = delta === null ? written.runs : [...written.runs, delta];
    collections.push({ info, incomplete, runs });
    if (!written.changed) continue;
    if (delta !== null) newRuns.push(delta);
    changed.set(info.uuid, { ...versionOf({ info, incomplete, runs }), moved: written.moved });
  }
  for (const uuid of pass.dropped()) changed.set(uuid, null);
  await sink.flush();
  return { collections, changed, newRuns };
}

/** A collection as a point's commit names it. */
export function versionOf({ info, incomplete, runs }: CollectionRuns): StoredVersion {
  return { info, incomplete, runIds: runs.map(({ id }) => id) };
}

export const nothingElse = { snapshot: null, writes: [], scan: null, set: null, fresh: false } as const;

export function newPoint(replicaSetId: string, optime: Optime, hidden: boolean): StoredPoint {
  return { id: randomBytes(12).toString('hex'), replicaSetId, optime, hidden, atMs: timestampMs(optime.ts) };
}
