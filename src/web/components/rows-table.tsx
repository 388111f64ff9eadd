import type { ComponentChildren } from 'preact';
import { ColumnHeads } from './column-heads.tsx';
import { narrow } from './narrow.ts';
import { VirtualRows } from './virtual-rows.tsx';

interface RowsTableProps<T> {
  readonly caption: string;
  /** Names the widths of its columns in the styles. */
  readonly class?: string;
  /** Heads of the columns; one of actions comes last. */
  readonly columns: readonly string[];
  readonly rows: readonly T[];
  /** Height of a row as label and value on a phone, px. */
  readonly narrowHeight: number;
  /** One row with its key and its `aria-rowindex` of `at` + 2. */
  readonly children: (row: T, at: number) => ComponentChildren;
}

const wideHeight = 52;

/** A table of two-line rows with actions, of which only those near the screen are drawn. */
export function RowsTable<T>({ caption, class: name = '', columns, rows, narrowHeight, children }: RowsTableProps<T>) {
  return (
    <table class={`fixed people ${name}`} aria-rowcount={rows.length + 1}>
      <caption class="sr">{caption}</caption>
      <ColumnHeads columns={columns} />
      <VirtualRows rows={rows} rowHeight={narrow.matches ? narrowHeight : wideHeight} columns={columns.length + 1}>
        {children}
      </VirtualRows>
    </table>
  );
}
