import type { FindAnswer, Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { Command } from '../../../components/command.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { counted, duration, whole } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { setPath } from '../use-backups.ts';
import { restoreAddress } from '../wizard/restore-address.ts';
import { type RestoreChoice, restoreCommand } from '../wizard/restore-command.ts';
import { oneLine } from './extended-json.ts';
import { JsonTree } from './json-tree.tsx';
import type { Question } from './question.ts';
import { useAnswer } from './use-answer.ts';

interface ResultsProps {
  readonly set: BackupSet;
  readonly moment: Moment;
  readonly question: Question;
  readonly onHistory: (id: unknown) => void;
}

/** The documents that were found, and the lines that bring just these back. */
export function Results({ set, moment, question, onHistory }: ResultsProps) {
  const { groupId } = useGroup();
  const { namespace, filter, sort, limit, problem } = question;
  const body = { ...moment, namespace, filter, ...(sort === undefined ? {} : { sort }), limit };
  const { data, busy, error, again } = useAnswer<FindAnswer>(
    `${setPath(groupId, set.replicaSetId)}/find`,
    problem === null ? body : null,
  );
  return (
    <>
      <section class="card" aria-label="Documents" aria-busy={busy}>
        <header>
          <h2 class="clip" title={namespace}>
            {namespace}
          </h2>
          {data !== undefined && <span class="sub">{foundWords(data)}</span>}
        </header>
        {problem !== null && <p class="empty">{problem}</p>}
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
            {data.documents.length === 0 ? (
              <p class="empty">No document fits. {whole(data.scanned)} were looked at.</p>
            ) : (
              <ol class="documents">
                {data.documents.map((document, at) => (
                  <DocumentRow
                    key={keyOf(document, at)}
                    document={document}
                    open={data.documents.length < 4}
                    onHistory={onHistory}
                  />
                ))}
              </ol>
            )}
          </div>
        )}
      </section>
      {data !== undefined && data.documents.length > 0 && (
        <RestoreThese set={set} moment={moment} question={question} more={data.more} />
      )}
    </>
  );
}

interface RestoreTheseProps {
  readonly set: BackupSet;
  readonly moment: Moment;
  readonly question: Question;
  /** More fit than are shown. */
  readonly more: boolean;
}

function RestoreThese({ set, moment, question: { namespace, filter, text }, more }: RestoreTheseProps) {
  const { groupId } = useGroup();
  const choice: RestoreChoice = {
    ...{ replicaSet: set.name, moment, namespaces: [namespace], filter },
    ...{ existing: 'refuse', rename: '', toSource: false, drop: false, usersAndRoles: false },
    target: { hosts: '', login: 'none', user: '' },
  };
  const query = new URLSearchParams({ ns: namespace, find: text === '' ? '{}' : text });
  const wizard = `${restoreAddress(groupId, set.replicaSetId, moment)}&${query}`;
  return (
    <section class="card" aria-label="Restore these documents">
      <header>
        <h2>Restore just these documents</h2>
      </header>
      <div class="body form">
        <p>
          {more ? 'All documents that fit, also those that are not shown, byte' : 'Byte'} for byte, beside what the
          target has, and read back. Documents that are there with other content are named, and nothing is written then.
          First see what it would do:
        </p>
        <Command text={restoreCommand(choice, true)} label="Copy the dry run" />
        <p class="help">
          Without --dry-run it writes. <a href={wizard}>Other names, other ways, and the environment it needs</a>.
        </p>
      </div>
    </section>
  );
}

function foundWords({ documents, more, scanned, tookMs }: FindAnswer): string {
  const count = more ? `the first ${counted(documents.length, 'document')}` : counted(documents.length, 'document');
  return `${count}; ${whole(scanned)} looked at, ${tookMs < 50 ? `${tookMs} ms` : duration(tookMs)}`;
}

interface DocumentRowProps {
  readonly document: unknown;
  readonly open: boolean;
  readonly onHistory: (id: unknown) => void;
}

function DocumentRow({ document, open, onHistory }: DocumentRowProps) {
  const id = idOf(document);
  return (
    <li>
      <JsonTree value={document} open={open} label={oneLine(document)} />
      {id !== undefined && (
        <button type="button" class="quiet" aria-label={`History of ${oneLine(id)}`} onClick={() => onHistory(id)}>
          History
        </button>
      )}
    </li>
  );
}

function idOf(document: unknown): unknown {
  return typeof document === 'object' && document !== null && '_id' in document ? document._id : undefined;
}

function keyOf(document: unknown, at: number): string {
  const id = idOf(document);
  return id === undefined ? String(at) : JSON.stringify(id);
}
