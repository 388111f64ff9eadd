import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { offsetsOf, type RowSpan, spanAt } from './row-span.ts';
import { useScrolled } from './use-scrolled.ts';

interface NearListProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** Height that is taken for an item until it was drawn once, px. */
  readonly estimate: (item: T) => number;
  readonly children: (item: T) => ComponentChildren;
}

/** Px above and below the screen that are drawn too. */
const aroundPx = 900;

/** Cards of any height below each other, of which only those near the screen exist: two empty places stand for the rest. */
export function NearList<T>({ items, keyOf, estimate, children }: NearListProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const known = useRef(new Map<string, number>());
  const [span, setSpan] = useState<RowSpan>({ first: 0, last: 4 });
  const [measured, setMeasured] = useState(0);
  const offsets = useMemo(
    () => offsetsOf(items, (item) => known.current.get(keyOf(item)) ?? estimate(item)),
    [items, measured],
  );
  const look = () => {
    const top = box.current?.getBoundingClientRect().top ?? 0;
    const next = spanAt(offsets, -top - aroundPx, innerHeight - top + aroundPx);
    setSpan((before) => (before.first === next.first && before.last === next.last ? before : next));
  };
  const last = Math.min(items.length, span.last);
  const first = Math.min(span.first, last);
  useLayoutEffect(() => {
    let changed = false;
    for (const element of box.current?.children ?? []) {
      const key = element instanceof HTMLElement ? element.dataset['key'] : undefined;
      const height = element.getBoundingClientRect().height;
      if (key === undefined || height === 0 || Math.abs((known.current.get(key) ?? 0) - height) < 1) continue;
      known.current.set(key, height);
      changed = true;
    }
    if (changed) setMeasured((count) => count + 1);
  });
  useLayoutEffect(look, [offsets]);
  useScrolled(look);
  return (
    <div class="near-list" ref={box}>
      <Room height={offsets[first] ?? 0} />
      {items.slice(first, last).map((item) => (
        <div class="near" key={keyOf(item)} data-key={keyOf(item)}>
          {children(item)}
        </div>
      ))}
      <Room height={(offsets.at(-1) ?? 0) - (offsets[last] ?? 0)} />
    </div>
  );
}

function Room({ height }: { readonly height: number }) {
  return <div style={{ height: `${height}px` }} aria-hidden="true" />;
}
