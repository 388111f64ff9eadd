import type { ComponentChildren } from 'preact';

interface RowButtonProps {
  readonly word: string;
  /** Name of what the row is: many rows have the same button. */
  readonly of: string;
  readonly busy?: boolean;
  readonly onClick: () => void;
  readonly children?: ComponentChildren;
}

/** A verb at the end of a row. */
export function RowButton({ word, of, busy = false, onClick, children = word }: RowButtonProps) {
  return (
    <button type="button" class="quiet" disabled={busy} aria-label={`${word} ${of}`} onClick={onClick}>
      {children}
    </button>
  );
}
