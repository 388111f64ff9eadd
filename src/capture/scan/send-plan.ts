import { AppError } from '../../runtime/errors.ts';
import type { BackupTask, ScanPlanRequest, ScanState } from '../../wire/backup-messages.ts';
import type { BackupLink } from '../backup-link.ts';
import type { UsableMember } from '../source/set-members.ts';
import { readCatalog, type SourceCollection } from './catalog.ts';
import { confirmCatalog } from './confirm-catalog.ts';
import { planParts } from './scan-plan.ts';
import type { SourceBook } from './source-book.ts';

/** In one message; the rest comes in more of them. */
const maxCollections = 2000;
const maxParts = 10_000;

interface Plan {
  readonly scan: ScanState;
  readonly member: UsableMember;
  readonly sources: SourceBook;
}

/** Finds out what there is to copy and tells the server, which answers the scan's state from then on. */
export async function sendPlan(
  { task, link }: { readonly task: () => BackupTask; readonly link: BackupLink },
  { scan, member, sources }: Plan,
  signal: AbortSignal,
): Promise<ScanState> {
  const { replicaSetId, epoch, filter } = task();
  const { client } = member;
  const all = await readCatalog(client, filter, signal);
  await confirmCatalog(client, signal);
  const { only } = scan;
  const collections = only === null ? all : all.filter(({ info }) => only.includes(info.uuid));
  for (const collection of collections) sources.noteSize(collection);
  const parts = await planParts(client, collections, signal);
  const request = { replicaSetId, epoch, scanId: scan.scanId };
  const planned = collections.map(describe);
  let state: ScanState | undefined;
  for (let at = 0, partAt = 0; state === undefined || at < planned.length || partAt < parts.length; ) {
    const message = {
      collections: planned.slice(at, at + maxCollections),
      parts: parts.slice(partAt, partAt + maxParts),
    };
    at += maxCollections;
    partAt += maxParts;
    const last = at >= planned.length && partAt >= parts.length;
    state = await link.planScan({ ...request, ...message, last }, signal);
  }
  if (state.planned) return state;
  throw new AppError('CONFLICT', 'the server has not taken the plan of the scan', { retryable: true });
}

function describe({ info, documents, bytes }: SourceCollection): ScanPlanRequest['collections'][number] {
  const { uuid, database, name, type, options, indexes, capped, temporary } = info;
  return {
    uuid,
    database,
    name,
    type,
    options: options.toString('base64'),
    indexes: indexes.map((index) => index.toString('base64')),
    capped,
    temporary,
    documents,
    bytes,
  };
}
