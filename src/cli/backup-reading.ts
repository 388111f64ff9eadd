import { AppError } from '../runtime/errors.ts';
import { findAnswer, type HistoryAnswer, historyAnswer, newRestoreLinkAnswer } from '../wire/api/backup-reading.ts';
import type { ActionInput, Outcome } from './backup-outcome.ts';
import type { Flags } from './commands.ts';
import { momentOf } from './moment-flags.ts';
import { selectionOf } from './selection-flags.ts';
import { idOf, jsonOf } from './typed-json.ts';

/** `find SET NAMESPACE [FILTER]`: documents as they were, one line of canonical Extended JSON each. */
export async function findDocuments({ api, flags, args }: ActionInput): Promise<Outcome> {
  const [name = '', namespace = '', filter = '{}'] = args;
  const { replicaSetId } = await api.set(name);
  const answer = await api.post(`/backups/${replicaSetId}/find`, findAnswer, {
    ...momentOf(flags, 'leafward backup find'),
    namespace,
    filter: jsonOf(filter, 'FILTER'),
    ...jsonFlag(flags, 'sort'),
    ...jsonFlag(flags, 'projection'),
    ...(flags['limit'] === undefined ? {} : { limit: Number(flags['limit']) }),
  });
  if (answer.more) process.stderr.write(`There are more: ${answer.scanned} documents were looked at.\n`);
  return { json: answer, text: answer.documents.map((document) => JSON.stringify(document)).join('\n') };
}

/** `history SET NAMESPACE ID`: the versions of one document, oldest first. */
export async function historyOf({ api, flags, args }: ActionInput): Promise<Outcome> {
  const [name = '', namespace = '', id = ''] = args;
  const { replicaSetId } = await api.set(name);
  const answer = await api.post(`/backups/${replicaSetId}/history`, historyAnswer, {
    namespace,
    id: idOf(id),
    ...(flags['limit'] === undefined ? {} : { limit: Number(flags['limit']) }),
  });
  const lines = answer.versions.map(({ atMs, exact, kind, cause, changes, document }) => {
    const when = `${exact ? '' : 'by '}${new Date(atMs).toISOString()}`;
    const what = changes.map(({ path, before, after }) => `${path}: ${shown(before)} → ${shown(after)}`).join('; ');
    const why = cause === null || cause === 'write' ? '' : ` (${causeWords[cause]})`;
    return `${when}  ${kind}${why}  ${what === '' ? JSON.stringify(document) : what}`;
  });
  if (lines.length === 0) lines.push('Nothing is known of this document.');
  return { json: answer, text: [...lines, '', reachOf(answer)].join('\n') };
}

const causeWords = {
  rename: 'a collection was renamed',
  drop: 'the collection was dropped',
  empty: 'the collection was emptied',
} as const;

/** How far the versions that are shown are all that there were. */
function reachOf({ exactFromMs, cut }: HistoryAnswer): string {
  const since = exactFromMs === null ? null : new Date(exactFromMs).toISOString();
  const exact = since === null ? 'Of no time is every change known.' : `Every change since ${since} is here.`;
  if (cut === 'limit') return `${exact} Older versions are left out: raise --limit.`;
  if (cut === 'time')
    return `${exact} The search ended there: it took too long. Ask again when the store has less to do.`;
  const why = cut === 'damage' ? ' The oplog before it cannot be read: leafward backup verify says which part.' : '';
  return `${exact}${why} Before it, only what snapshots hold: a change that was undone between two of them is not seen.`;
}

/** `link SET`: an address for mongorestore, and the line to copy. */
export async function makeLink({ api, flags, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const { replicaSetId } = await api.set(name);
  const format = flags['format'] ?? 'archive';
  if (format !== 'archive' && format !== 'tar') {
    throw new AppError('USAGE', 'leafward backup link: --format is archive or tar');
  }
  const selection = selectionOf(flags, 'leafward backup link');
  const { namespace } = flags;
  const namespaces = typeof namespace === 'string' && selection === undefined ? namespace.split(',') : [];
  const answer = await api.post(`/backups/${replicaSetId}/restore-links`, newRestoreLinkAnswer, {
    ...momentOf(flags, 'leafward backup link'),
    format,
    namespaces,
    ...(selection === undefined ? {} : { selection }),
  });
  return { json: answer, text: answer.command };
}

function jsonFlag(flags: Flags, name: string): object {
  const text = flags[name];
  return typeof text === 'string' ? { [name]: jsonOf(text, `--${name}`) } : {};
}

function shown(value: unknown): string {
  return value === undefined ? '(none)' : JSON.stringify(value);
}
