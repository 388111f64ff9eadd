import { useMemo, useState } from 'preact/hooks';
import type { Moment } from '../../../../wire/api/backup-reading.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { counted, size, whole } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import type { NamespaceRow } from '../namespace-rows.ts';
import { useNamespaces } from '../use-namespaces.ts';
import type { ChosenDocuments } from './chosen-documents.ts';
import { OnlyDocuments } from './only-documents.tsx';

interface WhatProps {
  readonly setId: string;
  /** Null: none that could be looked at. */
  readonly moment: Moment | null;
  /** `shop.orders`, `shop.*`; empty: everything. */
  readonly namespaces: readonly string[];
  readonly chosen: ChosenDocuments;
  readonly onChange: (namespaces: readonly string[]) => void;
}

const most = 200;

/** Everything, whole databases, or single collections of that moment. */
export function WhatToRestore({ setId, moment, namespaces, chosen: documents, onChange }: WhatProps) {
  const { groupId, may } = useGroup();
  const [choosing, setChoosing] = useState(namespaces.length > 0);
  const [filter, setFilter] = useState('');
  const mayLook = may('data.read');
  const found = useNamespaces(groupId, setId, choosing && mayLook ? moment : null);
  const fitting = useMemo(() => fittingRows(found.rows ?? [], filter), [found.rows, filter]);
  const groups = useMemo(() => byDatabase(fitting.slice(0, most)), [fitting]);
  const chosen = (found.rows ?? []).filter((row) => isChosen(row.namespace, namespaces));
  const toggle = (name: string, on: boolean) =>
    onChange(on ? [...namespaces, name] : namespaces.filter((one) => one !== name));
  return (
    <section class="card" aria-label="What">
      <header>
        <h2>2. What</h2>
        <span class="end">
          <span class="seg" role="group" aria-label="How much">
            <button
              type="button"
              aria-pressed={!choosing}
              onClick={() => {
                setChoosing(false);
                onChange([]);
              }}
            >
              Everything
            </button>
            <button type="button" aria-pressed={choosing} onClick={() => setChoosing(true)}>
              Some collections
            </button>
          </span>
        </span>
      </header>
      <div class="body form">
        {!choosing && (
          <p class="sub">All databases and collections that are in the backup, with their indexes and options.</p>
        )}
        {choosing && !mayLook && <Typed namespaces={namespaces} onChange={onChange} />}
        {choosing && mayLook && (
          <>
            {found.error !== null && <ErrorBox error={found.error} />}
            <input
              class="wide"
              type="search"
              aria-label="Filter collections"
              placeholder="Filter: database or collection"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
            {found.rows === null ? (
              found.error === null && <div class="waiting" style={{ height: '180px' }} aria-busy="true" />
            ) : (
              <div class={found.busy ? 'choices old' : 'choices'} role="group" aria-label="Collections" tabIndex={0}>
                {groups.map(({ database, rows }) => (
                  <Database key={database} database={database} rows={rows} namespaces={namespaces} onToggle={toggle} />
                ))}
                {fitting.length === 0 && <p class="sub">No collection has “{filter}” in its name.</p>}
              </div>
            )}
            {found.rows !== null && (
              <p class="help" role="status">
                {namespaces.length === 0
                  ? `Nothing is chosen: all ${whole(found.rows.length)} are restored.`
                  : `${counted(chosen.length, 'collection')}, ${size(chosen.reduce((sum, { contentBytes }) => sum + contentBytes, 0))}.`}
                {fitting.length > most &&
                  ` The first ${most} of ${whole(fitting.length)} are shown: filter for the others.`}
              </p>
            )}
          </>
        )}
        {choosing && documents.namespace !== null && <OnlyDocuments chosen={documents} />}
      </div>
    </section>
  );
}

interface DatabaseProps {
  readonly database: string;
  readonly rows: readonly NamespaceRow[];
  readonly namespaces: readonly string[];
  readonly onToggle: (name: string, on: boolean) => void;
}

function Database({ database, rows, namespaces, onToggle }: DatabaseProps) {
  const isWhole = namespaces.includes(`${database}.*`);
  return (
    <fieldset>
      <legend class="sr">{database}</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={isWhole}
          onChange={(event) => onToggle(`${database}.*`, event.currentTarget.checked)}
        />
        <span>
          <b>{database}</b> <span class="sub">all of it</span>
        </span>
      </label>
      {rows.map((row) => (
        <label class="check inner" key={row.uuid}>
          <input
            type="checkbox"
            checked={isWhole || namespaces.includes(row.namespace)}
            disabled={isWhole}
            onChange={(event) => onToggle(row.namespace, event.currentTarget.checked)}
          />
          <span class="row">
            <span class="clip" title={row.namespace}>
              {row.namespace.slice(database.length + 1)}
            </span>
            <span class="sub">
              {row.type === 'view' ? 'view' : size(row.contentBytes)}
              {row.type === 'timeseries' && ', time series'}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Names typed by those who may not look into a backup. */
function Typed({ namespaces, onChange }: Pick<WhatProps, 'namespaces' | 'onChange'>) {
  return (
    <label class="field">
      <span>Collections, separated by commas</span>
      <input
        class="wide"
        defaultValue={namespaces.join(', ')}
        placeholder="shop.orders, crm.*"
        spellcheck={false}
        onChange={(event) =>
          onChange(
            event.currentTarget.value
              .split(',')
              .map((name) => name.trim())
              .filter((name) => name !== ''),
          )
        }
      />
    </label>
  );
}

function fittingRows(rows: readonly NamespaceRow[], filter: string): readonly NamespaceRow[] {
  const wanted = filter.trim().toLowerCase();
  return wanted === '' ? rows : rows.filter(({ namespace }) => namespace.toLowerCase().includes(wanted));
}

function byDatabase(rows: readonly NamespaceRow[]) {
  const groups = Map.groupBy(rows, ({ namespace }) => namespace.slice(0, namespace.indexOf('.')));
  return [...groups].map(([database, list]) => ({ database, rows: list }));
}

function isChosen(namespace: string, patterns: readonly string[]): boolean {
  const database = namespace.slice(0, namespace.indexOf('.'));
  return patterns.length === 0 || patterns.includes(namespace) || patterns.includes(`${database}.*`);
}
