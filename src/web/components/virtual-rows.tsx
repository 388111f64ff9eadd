import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { offsetsOf, type RowSpan, spanAt } from './row-span.ts';
import { useScrolled } from './use-scrolled.ts';

interface VirtualRowsProps<T> {
  readonly rows: readonly T[];
  /** Height of all rows, or of each, px. */
  readonly rowHeight: number | ((row: T) => number);
  readonly columns: number;
  /** One row with its key. With `aria-rowindex` (of `at` + 2) it stays while it has the focus, however far one scrolls. */
  readonly children: (row: T, at: number) => ComponentChildren;
  /** Called when the end comes near: there may be more to read. */
  readonly onEnd?: () => void;
}

/** Px above and below the screen that are drawn too. */
const aroundPx = 960;

/** The rows of a table body that are on screen or near it; the page itself scrolls. */
export function VirtualRows<T>({ rows, rowHeight, columns, children, onEnd }: VirtualRowsProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [span, setSpan] = useState<RowSpan>({ first: 0, last: 60 });
  const [focused, setFocused] = useState<number | null>(null);
  const offsets = useMemo(() => offsetsOf(rows, rowHeight), [rows, rowHeight]);
  const measure = () => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    const next = spanAt(offsets, -top - aroundPx, innerHeight - top + aroundPx);
    setSpan((before) => (before.first === next.first && before.last === next.last ? before : next));
  };
  useLayoutEffect(measure, [offsets]);
  useScrolled(measure);
  const last = Math.min(rows.length, span.last);
  const first = Math.min(span.first, last);
  useEffect(() => {
    if (span.last >= rows.length) onEnd?.();
  }, [span, rows.length, onEnd]);
  const drawn: ComponentChildren[] = [];
  let end = 0;
  const draw = (from: number, to: number) => {
    const height = (offsets[from] ?? 0) - (offsets[end] ?? 0);
    if (height > 0)
      drawn.push(<Filler key={`to ${from < first ? 'focus' : from}`} height={height} columns={columns} />);
    for (const [at, row] of rows.slice(from, to).entries()) drawn.push(children(row, from + at));
    end = Math.max(end, to);
  };
  const far = focused !== null && focused < rows.length && (focused < first || focused >= last) ? focused : null;
  if (far !== null && far < first) draw(far, far + 1);
  draw(first, last);
  if (far !== null && far >= last) draw(far, far + 1);
  draw(rows.length, rows.length);
  return (
    <tbody
      ref={body}
      onFocusIn={(event) => setFocused(rowIndexOf(event.target))}
      onFocusOut={(event) => {
        if (event.relatedTarget === null && !document.hasFocus()) return;
        if (rowIndexOf(event.relatedTarget) === null) setFocused(null);
      }}
    >
      {drawn}
    </tbody>
  );
}

function rowIndexOf(target: EventTarget | null): number | null {
  const index = target instanceof Element ? target.closest('tr')?.ariaRowIndex : null;
  return index == null ? null : Number(index) - 2;
}

function Filler({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    <tr class="filler" aria-hidden="true">
      <td colSpan={columns}>
        <div style={{ height: `${height}px` }} />
      </td>
    </tr>
  );
}
