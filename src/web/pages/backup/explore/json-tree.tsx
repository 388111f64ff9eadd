import { useState } from 'preact/hooks';
import { oneLine, shownValue } from './extended-json.ts';

interface JsonTreeProps {
  readonly value: unknown;
  readonly open: boolean;
  /** Shown while it is closed. */
  readonly label: string;
}

const step = 100;

/** A document that opens and closes, level by level; what is closed is not drawn. */
export function JsonTree({ value, open, label }: JsonTreeProps) {
  const [isOpen, setOpen] = useState(open);
  return (
    <details class="json" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code class="clip" title={isOpen ? undefined : label}>
          {isOpen ? openBracket(value) : label}
        </code>
      </summary>
      {isOpen && <Members value={value} />}
    </details>
  );
}

function Members({ value }: { readonly value: unknown }) {
  const [shown, setShown] = useState(step);
  const members = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return (
    <ul>
      {members.slice(0, shown).map(([name, inner]) => (
        <li key={name}>
          <Member name={Array.isArray(value) ? null : name} value={inner} />
        </li>
      ))}
      {members.length > shown && (
        <li>
          <button type="button" class="link" onClick={() => setShown(shown + 10 * step)}>
            {members.length - shown} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Member({ name, value }: { readonly name: string | null; readonly value: unknown }) {
  const text = shownValue(value);
  const key = name === null ? null : <span class="key">{name}: </span>;
  if (text !== undefined) {
    return (
      <code>
        {key}
        <span class="value">{text}</span>
      </code>
    );
  }
  if (Object.keys(value as object).length === 0) {
    return (
      <code>
        {key}
        {Array.isArray(value) ? '[]' : '{}'}
      </code>
    );
  }
  return <JsonTree value={value} open={false} label={`${name === null ? '' : `${name}: `}${oneLine(value)}`} />;
}

function openBracket(value: unknown): string {
  const count = Object.keys(value as object).length;
  return Array.isArray(value) ? `[ ${count} ]` : `{ ${count} }`;
}
