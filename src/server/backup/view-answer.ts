import type { ViewAnswer } from '../../wire/api/backup-reading.ts';
import { optimeMessageOf } from './optime-text.ts';
import type { OpenView } from './view-book.ts';

/** An open view as those who restore it are told. */
export function viewAnswerOf(view: OpenView, version: string | null): ViewAnswer {
  return {
    viewId: view.viewId,
    optime: optimeMessageOf(view.view.optime),
    atMs: view.atMs,
    expiresAtMs: view.expiresAtMs,
    sourceVersion: version ?? view.view.featureVersion,
    collections: view.view.collections.map(({ info, documents, contentBytes }) => ({
      uuid: info.uuid,
      namespace: `${info.database}.${info.name}`,
      type: info.type,
      capped: info.capped,
      documents,
      contentBytes,
      indexes: info.indexes.length,
      options: info.options.toString('base64'),
      indexSpecs: info.indexes.map((index) => index.toString('base64')),
    })),
  };
}
