interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly title?: string | undefined;
}

/** A figure of a row: name, value, and what it is measured against. */
export function Fact({ name, value, note = '', title }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{value}</dd>
      {note !== '' && <dd class="note">{note}</dd>}
    </div>
  );
}
