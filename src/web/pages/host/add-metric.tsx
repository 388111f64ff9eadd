import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { listId, MetricList, optionId, rowHeight } from './metric-list.tsx';
import { indexMetrics, searchMetrics } from './metric-search.ts';

export interface AddMetricProps {
  readonly metrics: readonly MetricInfo[];
  /** Names that already have a chart of their own. */
  readonly added: readonly string[];
  readonly onChoose: (metric: MetricInfo) => void;
  readonly onClose: () => void;
  readonly title: string;
}

/** Searches all metrics of a host, raw names too. Only the rows in view exist, so that thousands cost nothing. */
export function AddMetric({ metrics, added, onChoose, onClose, title }: AddMetricProps) {
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const index = useMemo(() => indexMetrics(metrics), [metrics]);
  const found = useMemo(() => searchMetrics(index, query), [index, query]);
  // Before the next key arrives: words are typed at once.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const goTo = (row: number) => {
    const next = Math.min(found.length - 1, Math.max(0, row));
    setActive(next);
    const box = list.current;
    if (box === null) return;
    if (next * rowHeight < box.scrollTop) box.scrollTop = next * rowHeight;
    if ((next + 1) * rowHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = (next + 1) * rowHeight - box.clientHeight;
  };
  const search = (text: string) => {
    setQuery(text);
    setActive(0);
    if (list.current !== null) list.current.scrollTop = 0;
  };
  const choose = (metric: MetricInfo | undefined) => {
    if (metric === undefined) return;
    onChoose(metric);
    dialog.current?.close();
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => goTo(active + 1),
    ArrowUp: () => goTo(active - 1),
    PageDown: () => goTo(active + 8),
    PageUp: () => goTo(active - 8),
    Enter: () => choose(found[active]),
  };
  return (
    <dialog
      class="add-metric"
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <input
        type="text"
        role="combobox"
        list={undefined}
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={found[active] === undefined ? undefined : optionId(active)}
        aria-label={title}
        spellcheck={false}
        autocomplete="off"
        placeholder={`Search ${metrics.length.toLocaleString('en')} metrics: cache dirty, opcounters …`}
        value={query}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => {
          const action = keys[event.key];
          if (action === undefined) return;
          event.preventDefault();
          action();
        }}
      />
      <MetricList list={list} found={found} added={added} active={active} onActive={setActive} onChoose={choose} />
      <p class="note" role="status">
        {found.length === 0
          ? 'No metric has all these words.'
          : `${found.length.toLocaleString('en')} found. ↑ ↓ choose, Enter adds, Esc closes.`}
      </p>
    </dialog>
  );
}
