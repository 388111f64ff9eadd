import { useEffect, useState } from 'preact/hooks';
import { setQuery } from '../../router.ts';

/** One of `GET /audit/actions`. */
export interface AuditAction {
  readonly action: string;
  readonly meaning: string;
}

interface AuditFiltersProps {
  readonly query: URLSearchParams;
  readonly actions: readonly AuditAction[];
  readonly exportAddress: string;
}

/** What is shown of the log: words, person, kind of action, days. All of it stands in the address. */
export function AuditFilters({ query, actions, exportAddress }: AuditFiltersProps) {
  const areas = [...new Set(actions.map(({ action }) => action.split('.', 1)[0] ?? action))].sort();
  const chosen = query.get('action') ?? '';
  return (
    <div class="bar-tools" role="search" aria-label="Audit log">
      <LateInput class="filter" name="text" label="Words" placeholder="Words: name, host, detail" query={query} />
      <LateInput class="who" name="actor" label="Who" placeholder="Who" query={query} />
      <select aria-label="Action" value={chosen} onChange={(event) => setQuery('action', event.currentTarget.value)}>
        <option value="">All actions</option>
        {areas.map((area) => (
          <optgroup key={area} label={area}>
            <option value={area}>{area}: all</option>
            {actions
              .filter(({ action }) => action.startsWith(`${area}.`))
              .map(({ action, meaning }) => (
                <option key={action} value={action} title={meaning}>
                  {action}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      <DayInput name="from" label="From day" query={query} />
      <DayInput name="to" label="To day" query={query} />
      <a class="button end" href={exportAddress} download>
        Export
      </a>
    </div>
  );
}

interface LateInputProps {
  readonly class: string;
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly query: URLSearchParams;
}

const pauseMs = 300;

/** A filter that the server applies: asked for when the typing pauses, not at each key. */
function LateInput({ class: css, name, label, placeholder, query }: LateInputProps) {
  const set = query.get(name) ?? '';
  const [text, setText] = useState(set);
  useEffect(() => setText(set), [set]);
  useEffect(() => {
    if (text === set) return;
    const timer = setTimeout(() => setQuery(name, text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      class={css}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && setQuery(name, text)}
    />
  );
}

function DayInput({
  name,
  label,
  query,
}: {
  readonly name: string;
  readonly label: string;
  readonly query: URLSearchParams;
}) {
  return (
    <label class="day-filter">
      <span class="sub">{label === 'From day' ? 'from' : 'to'}</span>
      <input
        type="date"
        aria-label={label}
        value={query.get(name) ?? ''}
        onChange={(event) => setQuery(name, event.currentTarget.value)}
      />
    </label>
  );
}
