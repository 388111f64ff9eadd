import { useMemo, useRef } from 'preact/hooks';
import type { BackupSet, BackupTimeline, WriteSources } from '../../../../wire/api/backups.ts';
import { buildChartData } from '../../../chart/chart-data.ts';
import { chartSentence } from '../../../chart/chart-sentence.ts';
import { PlotView } from '../../../chart/plot-view.tsx';
import { spanWords } from '../../../chart/time-axis.ts';
import { presets, readTime, shortestSpanMs, spanOf } from '../../../chart/time-range.ts';
import { Loaded } from '../../../components/loaded.tsx';
import { useResource } from '../../../resource.ts';
import { setQuery } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import { isoSecond } from '../wizard/restore-command.ts';
import { writeSeries } from './write-series.ts';

const spans = presets.filter(({ id }) => ['1h', '6h', '24h', '1w', '1m'].includes(id));

interface WriteChartProps {
  readonly set: BackupSet;
  readonly timeline: BackupTimeline | undefined;
  readonly query: URLSearchParams;
}

/** Who writes: oplog by namespace over time, from the slices that are read anyway. Its span, unit and line are in the address. */
export function WriteChart({ set, timeline, query }: WriteChartProps) {
  const { groupId } = useGroup();
  const now = useClock(60_000);
  const bytes = query.get('writes') !== 'operations';
  const chosen = spans.find(({ id }) => id === query.get('writeSpan')) ?? null;
  const [from, to] = [readTime(query.get('writeFrom')), readTime(query.get('writeTo'))];
  const zoomed = from !== null && to !== null && to - from >= shortestSpanMs / 2;
  const toMs = zoomed ? to : now;
  const fromMs = zoomed ? from : now - (chosen === null ? spanOf('24h') : chosen.spanMs);
  const path = `${setPath(groupId, set.replicaSetId)}/write-sources?from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`;
  const sources = useResource<WriteSources>(path);
  const last = useRef<WriteSources | undefined>(undefined);
  if (sources.data !== undefined) last.current = sources.data;
  // The window moves with the clock: the answer of the minute before stays until the next one is here.
  const shown = { ...sources, data: sources.data ?? last.current };
  const choose = (id: string) => {
    setQuery('writeFrom', null);
    setQuery('writeTo', null);
    setQuery('writeSpan', id === '24h' ? null : id);
  };
  return (
    <section class="card chart expanded writes" aria-label="Who writes">
      <header>
        <h2>Who writes</h2>
        <span class="sub">oplog by namespace</span>
        <span class="end">
          <span class="seg" role="group" aria-label="Figure">
            <button type="button" aria-pressed={bytes} onClick={() => setQuery('writes', null)}>
              Bytes
            </button>
            <button type="button" aria-pressed={!bytes} onClick={() => setQuery('writes', 'operations')}>
              Operations
            </button>
          </span>
          <span class="seg" role="group" aria-label="Span of the chart">
            {spans.map(({ id, label }) => (
              <button
                key={id}
                type="button"
                aria-pressed={!zoomed && id === (chosen?.id ?? '24h')}
                onClick={() => choose(id)}
              >
                {label}
              </button>
            ))}
          </span>
        </span>
      </header>
      <Loaded from={shown} height={320}>
        {(data) => (
          <Plot
            sources={data}
            holes={timeline?.holes ?? []}
            bytes={bytes}
            fromMs={fromMs}
            toMs={toMs}
            nowMs={now}
            only={query.get('writeOf')}
          />
        )}
      </Loaded>
    </section>
  );
}

interface PlotProps {
  readonly sources: WriteSources;
  readonly holes: BackupTimeline['holes'];
  readonly bytes: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly only: string | null;
}

const noMarkers: readonly never[] = [];

function Plot({ sources, holes, bytes, fromMs, toMs, nowMs, only }: PlotProps) {
  const zone = useZone();
  const clock = useRef<HTMLSpanElement>(null);
  const data = useMemo(() => buildChartData(writeSeries(sources, holes, bytes)), [sources, holes, bytes]);
  if (data.lines.length === 0) {
    return <p class="empty">Nothing was written in this span, as far as the captured oplog tells.</p>;
  }
  const title = bytes ? 'Oplog bytes by namespace' : 'Operations by namespace';
  const gaps = holes.map((hole): readonly [number, number] => [hole.fromMs, hole.untilMs]);
  const zoom = (from: number | null, to: number | null) => {
    setQuery('writeFrom', from === null ? null : isoSecond(from));
    setQuery('writeTo', to === null ? null : isoSecond(to + 999));
  };
  return (
    <div>
      <span class="at sub" ref={clock} />
      <PlotView
        data={data}
        fromMs={fromMs}
        toMs={toMs}
        gaps={gaps}
        markers={noMarkers}
        zone={zone}
        stacked
        fit={false}
        syncKey="writes"
        sentence={chartSentence(title, spanWords(fromMs, toMs, zone, nowMs), data)}
        ended={false}
        isolated={only}
        onIsolate={(key) => setQuery('writeOf', key)}
        onZoom={zoom}
        onZoomOut={() => zoom(null, null)}
        onCursorTime={(words) => {
          if (clock.current !== null) clock.current.textContent = words ?? '';
        }}
      />
    </div>
  );
}
