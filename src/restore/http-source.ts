import { parseTimestamp } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import { restorePatience, retry } from '../runtime/retry.ts';
import { type Moment, type Selection, type ViewAnswer, viewAnswer } from '../wire/api/backup-reading.ts';
import type { ServerClient } from '../wire/client.ts';
import { decodeViewChunks } from '../wire/view-chunks.ts';
import { decodeExact } from './exact-bson.ts';
import type { RestoreSource, SourceCollection } from './ports.ts';
import { waitingReason } from './waiting-reason.ts';

export interface HttpSourceSettings {
  readonly client: ServerClient;
  readonly groupId: string;
  readonly replicaSetId: string;
  readonly signal: AbortSignal;
  /** The server is on this machine. */
  readonly nearby: boolean;
  /** Told when a request is tried again. */
  readonly onRetry?: (reason: string) => void;
}

const openMs = 120_000;
const chunksMs = 120_000;

/**
 * A set at a moment, or chosen documents of it, read from the server. A connection that was cut, and a server that was started anew, are waited for; a view that is not
 * known any more is opened again at the very same optime. @throws NOT_RESTORABLE, NOT_FOUND, SERVER_UNREACHABLE, …
 */
export async function openHttpSource(
  settings: HttpSourceSettings,
  moment: Moment,
  selection?: Selection,
): Promise<RestoreSource> {
  const { client, groupId, replicaSetId, signal, nearby } = settings;
  const path = `/api/v1/groups/${encodeURIComponent(groupId)}/backups/${encodeURIComponent(replicaSetId)}/views`;
  const patiently = <T>(work: () => Promise<T>): Promise<T> =>
    retry(work, {
      ...restorePatience,
      signal,
      onRetry: (thrown, _, leftMs) => settings.onRetry?.(waitingReason(thrown, leftMs)),
    });
  const open = (at: Moment): Promise<ViewAnswer> =>
    patiently(() =>
      client.request({
        path,
        answer: viewAnswer,
        body: Buffer.from(JSON.stringify({ ...at, selection, ...(nearby && { nearby }) })),
        headers: { 'content-type': 'application/json' },
        timeoutMs: openMs,
        signal,
      }),
    );
  const first = await open(moment);
  let viewId = Promise.resolve(first.viewId);
  const reopen = (lost: string): Promise<string> => {
    const current = viewId;
    viewId = current.then(async (id) => (id === lost ? (await open({ optime: first.optime.ts })).viewId : id));
    return viewId;
  };
  return {
    optime: { ts: parseTimestamp(first.optime.ts), term: first.optime.term },
    sourceVersion: first.sourceVersion,
    replicaSetId,
    collections: first.collections.map(sourceCollectionOf),
    chunks: async (uuid, afterKey, maxBytes, callSignal) => {
      for (let id = await viewId, reopened = false; ; ) {
        const query = chunksQuery(maxBytes, afterKey);
        const request = {
          path: `${path}/${id}/collections/${uuid}/chunks`,
          query,
          timeoutMs: chunksMs,
          signal: callSignal,
        };
        try {
          return decodeViewChunks(await patiently(() => client.bytes(request)));
        } catch (thrown) {
          if (reopened || !(thrown instanceof AppError) || thrown.code !== 'NOT_FOUND') throw thrown;
          settings.onRetry?.('the server has closed the view; it is opened again at the same optime');
          id = await reopen(id);
          reopened = true;
        }
      }
    },
    close: async () => closeView(client, `${path}/${await viewId}`),
  };
}

function chunksQuery(maxBytes: number, after: Buffer | null) {
  return { maxBytes, tellEnd: 'true', ...(after === null ? {} : { after: after.toString('base64url') }) };
}

/** It closes by itself after an hour: what is done must not fail because of it. */
async function closeView(client: ServerClient, path: string): Promise<void> {
  await client.remove({ path, timeoutMs: 5000, signal: AbortSignal.timeout(5000) }).catch(() => {});
}

/** A collection of a view as the server describes it. */
export function sourceCollectionOf(answered: ViewAnswer['collections'][number]): SourceCollection {
  const { uuid, namespace, type, capped, options, indexSpecs, documents, contentBytes } = answered;
  const dot = namespace.indexOf('.');
  const rawOptions = Buffer.from(options, 'base64');
  return {
    info: {
      uuid,
      database: namespace.slice(0, dot),
      name: namespace.slice(dot + 1),
      type,
      options: rawOptions,
      indexes: indexSpecs.map((spec) => Buffer.from(spec, 'base64')),
      capped,
      temporary: decodeExact(rawOptions).get('temp') === true,
    },
    documents,
    contentBytes,
  };
}
