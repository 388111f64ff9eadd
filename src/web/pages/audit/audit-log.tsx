import { useMemo, useState } from 'preact/hooks';
import type { AuditEvent } from '../../../wire/api/audit.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Icon } from '../../components/icon.tsx';
import { narrow } from '../../components/narrow.ts';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { counted } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { setQuery } from '../../router.ts';
import { AuditDialog } from './audit-dialog.tsx';
import { type AuditAction, AuditFilters } from './audit-filters.tsx';
import { AuditRow } from './audit-row.tsx';
import { useAudit } from './use-audit.ts';

interface AuditLogProps {
  /** `/groups/ID/audit` or `/audit`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const dayMs = 86_400_000;

/** Who did what, when and from where: newest first, read on as one scrolls; the export has all of it. */
export function AuditLog({ path, query }: AuditLogProps) {
  const filters = filtersOf(query);
  const log = useAudit(path, filters);
  const actions = useResource<AuditAction[]>('/audit/actions').data;
  const meanings = useMemo(() => new Map(actions?.map(({ action, meaning }) => [action, meaning])), [actions]);
  const [shown, setShown] = useState<AuditEvent | null>(null);
  const { events, error, end } = log;
  return (
    <>
      <AuditFilters query={query} actions={actions ?? []} exportAddress={`/api/v1${path}.jsonl?${filters}`} />
      {error !== null && <ErrorBox error={error} />}
      {error !== null && (
        <div class="buttons">
          <button type="button" onClick={log.more}>
            Try again
          </button>
        </div>
      )}
      {events === undefined && error === null && <div class="waiting" aria-busy="true" style={{ height: '400px' }} />}
      {events?.length === 0 && <NoEvents filtered={filters !== ''} />}
      {events !== undefined && events.length > 0 && (
        <section class="card" aria-label="Audit log">
          <table class="fixed audit" aria-rowcount={-1}>
            <caption class="sr">Audit log, newest first</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">From</th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <VirtualRows rows={events} rowHeight={narrow.matches ? 116 : 52} columns={4} onEnd={log.more}>
              {(event, at) => (
                <AuditRow
                  key={event.id}
                  event={event}
                  at={at}
                  meaning={meanings.get(event.action)}
                  onOpen={() => setShown(event)}
                />
              )}
            </VirtualRows>
          </table>
          {end !== null && (
            <footer>
              {end === 'all'
                ? `${counted(events.length, 'event')}, the oldest last.`
                : `The newest ${counted(events.length, 'event')}. The export has the older ones too.`}
            </footer>
          )}
        </section>
      )}
      {shown !== null && (
        <AuditDialog event={shown} meaning={meanings.get(shown.action)} onClose={() => setShown(null)} />
      )}
    </>
  );
}

function NoEvents({ filtered }: { readonly filtered: boolean }) {
  return (
    <div class="card empty big">
      <Icon name="events" />
      <h2>{filtered ? 'Nothing matches' : 'Nothing is on record yet'}</h2>
      <p>Sign-ins, changes, restores, downloads and searches in backups are written down here, and never changed.</p>
      {filtered && (
        <button type="button" onClick={() => names.forEach((name) => setQuery(name, null))}>
          Show all
        </button>
      )}
    </div>
  );
}

const names = ['from', 'to', 'actor', 'action', 'text'];

/** The filters of the address as the API takes them: days become times, the last day whole. */
function filtersOf(query: URLSearchParams): string {
  const wanted = new URLSearchParams();
  for (const name of ['actor', 'action', 'text']) {
    const value = query.get(name);
    if (value !== null && value !== '') wanted.set(name, value);
  }
  const from = Date.parse(`${query.get('from')}T00:00:00`);
  const to = Date.parse(`${query.get('to')}T00:00:00`);
  if (!Number.isNaN(from)) wanted.set('from', String(from));
  if (!Number.isNaN(to)) wanted.set('to', String(to + dayMs));
  return wanted.toString();
}
