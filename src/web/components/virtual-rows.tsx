import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface VirtualRowsProps<T> {
  readonly rows: readonly T[];
  /** All rows are equally high, px. */
  readonly rowHeight: number;
  readonly columns: number;
  readonly children: (row: T, at: number) => ComponentChildren;
  /** Called when the end comes near: there may be more to read. */
  readonly onEnd?: () => void;
}

const around = 20;

/** The rows of a table body that are on screen or near it; the page itself scrolls. */
export function VirtualRows<T>({ rows, rowHeight, columns, children, onEnd }: VirtualRowsProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [span, setSpan] = useState<readonly [number, number]>([0, 60]);
  const measure = () => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    const first = Math.max(0, Math.floor(-top / rowHeight) - around);
    const last = Math.ceil((innerHeight - top) / rowHeight) + around;
    setSpan((before) => (before[0] === first && before[1] === last ? before : [first, last]));
  };
  useLayoutEffect(measure, [rows.length, rowHeight]);
  useEffect(() => {
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, [rowHeight]);
  const last = Math.min(rows.length, span[1]);
  const first = Math.min(span[0], last);
  useEffect(() => {
    if (span[1] >= rows.length) onEnd?.();
  }, [span, rows.length, onEnd]);
  return (
    <tbody ref={body}>
      {first > 0 && <Filler height={first * rowHeight} columns={columns} />}
      {rows.slice(first, last).map((row, at) => children(row, first + at))}
      {last < rows.length && <Filler height={(rows.length - last) * rowHeight} columns={columns} />}
    </tbody>
  );
}

function Filler({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    <tr class="filler" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
