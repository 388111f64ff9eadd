import type { HistoryAnswer, Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Shape, type ShapeKind } from '../../../components/status.tsx';
import { ago, counted, fullTime } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import { oneLine } from './extended-json.ts';
import { JsonTree } from './json-tree.tsx';
import { useAnswer } from './use-answer.ts';

type Version = HistoryAnswer['versions'][number];

interface HistoryProps {
  readonly set: BackupSet;
  readonly namespace: string;
  /** Extended JSON of the `_id`. */
  readonly idText: string;
  readonly onBack: () => void;
  readonly onMoment: (moment: Moment) => void;
}

const words: Readonly<Record<Version['kind'], string>> = {
  insert: 'Inserted',
  update: 'Changed',
  delete: 'Deleted',
  found: 'Was there',
  missing: 'Was not there',
};
const shapes: Readonly<Record<Version['kind'], ShapeKind>> = {
  insert: 'ok',
  update: 'busy',
  delete: 'bad',
  found: 'ok',
  missing: 'unknown',
};

/** The versions of one document, newest first, each with what it changed. */
export function History({ set, namespace, idText, onBack, onMoment }: HistoryProps) {
  const { groupId } = useGroup();
  const zone = useZone();
  const now = useClock(60_000);
  const id = parsed(idText);
  const { data, busy, error, again } = useAnswer<HistoryAnswer>(
    `${setPath(groupId, set.replicaSetId)}/history`,
    id === undefined ? null : { namespace, id },
  );
  return (
    <section class="card" aria-label="History of a document" aria-busy={busy}>
      <header>
        <h2 class="clip" title={idText}>
          {id === undefined ? idText : oneLine(id, 60)}
        </h2>
        <span class="sub clip">
          {data === undefined ? namespace : `${counted(data.versions.length, 'version')} in ${namespace}`}
        </span>
        <span class="end">
          <button type="button" onClick={onBack}>
            Back to the documents
          </button>
        </span>
      </header>
      {id === undefined && <p class="empty">The address holds no Extended JSON of an _id.</p>}
      {error !== null && <ErrorBox error={error} />}
      {error !== null && (
        <div class="body">
          <button type="button" onClick={again}>
            Ask again
          </button>
        </div>
      )}
      {data === undefined && busy && <div class="waiting" style={{ height: '240px' }} aria-busy="true" />}
      {data !== undefined && (
        <div class={busy || error !== null ? 'fresh old' : 'fresh'}>
          {data.versions.length === 0 && <p class="empty">Nothing is known of this document in what is kept.</p>}
          <ol class="versions">
            {data.versions.toReversed().map((version, at) => (
              <li key={data.versions.length - at}>
                <Shape health={shapes[version.kind]} />
                <div>
                  <p>
                    <b>{words[version.kind]}</b> {causeWords(version.cause)}
                    {version.exact ? '' : 'by '}
                    {fullTime(version.atMs, zone, now)} <span class="sub">{ago(version.atMs, now)}</span>
                  </p>
                  <Changes version={version} />
                  {version.document !== null && (
                    <JsonTree value={version.document} open={false} label={oneLine(version.document)} />
                  )}
                </div>
                <button
                  type="button"
                  class="quiet"
                  aria-label={`As of then: ${fullTime(version.atMs, zone, now)}`}
                  onClick={() => {
                    onMoment({ atMs: version.atMs });
                    onBack();
                  }}
                >
                  As of then
                </button>
              </li>
            ))}
          </ol>
          <Reach answer={data} when={(atMs) => fullTime(atMs, zone, now)} />
        </div>
      )}
    </section>
  );
}

function causeWords(cause: Version['cause']): string {
  if (cause === 'rename') return 'as a collection was renamed, ';
  if (cause === 'drop') return 'as the collection was dropped, ';
  return cause === 'empty' ? 'as the collection was emptied, ' : '';
}

/** From when on the list is all that there was. */
function Reach({ answer, when }: { readonly answer: HistoryAnswer; readonly when: (atMs: number) => string }) {
  const { exactFromMs, cut } = answer;
  const isShort = exactFromMs === null || cut !== null;
  return (
    <p class={isShort ? 'promise pad-x' : 'help pad-x'}>
      {isShort && <Shape health="warn" />}
      <span>
        <b>{exactFromMs === null ? 'Of no time is every change known.' : `Every change since ${when(exactFromMs)}.`}</b>{' '}
        {beyond(cut)}
      </span>
    </p>
  );
}

function beyond(cut: HistoryAnswer['cut']): string {
  if (cut === 'limit') return 'Older versions are left out: there are more than are shown.';
  if (cut === 'time') return 'The search ended there, it took too long: older versions are left out. Ask again.';
  const why =
    cut === 'damage' ? 'The oplog before that cannot be read: check the store (leafward backup verify). ' : '';
  return `${why}Before that, only what snapshots hold: a change that was undone between two of them is not seen.`;
}

function Changes({ version }: { readonly version: Version }) {
  if (version.changes.length === 0) return null;
  return (
    <dl class="diff">
      {version.changes.map(({ path, before, after }) => (
        <div key={path}>
          <dt>{path === '' ? 'the document' : path}</dt>
          <dd>
            {before !== undefined && (
              <del>
                <code>{oneLine(before, 400)}</code>
              </del>
            )}
            {after !== undefined && (
              <ins>
                <code>{oneLine(after, 400)}</code>
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
