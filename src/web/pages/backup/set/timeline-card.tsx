import type { BackupSet, BackupTimeline } from '../../../../wire/api/backups.ts';
import { spanWords } from '../../../chart/time-axis.ts';
import { readRange, shortestSpanMs, writeRange, zoomTo } from '../../../chart/time-range.ts';
import { Icon } from '../../../components/icon.tsx';
import { capital } from '../../../format.ts';
import { navigate, setQuery } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { restoreAddress } from '../wizard/restore-address.ts';
import { TimelineBar } from './timeline-bar.tsx';
import { type Extent, extentOf } from './timeline-scale.ts';

interface TimelineCardProps {
  readonly set: BackupSet;
  readonly timeline: BackupTimeline;
  readonly query: URLSearchParams;
}

/** What can be restored, as a line of time; what is zoomed to is in the address. */
export function TimelineCard({ set, timeline, query }: TimelineCardProps) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(10_000);
  const all = query.get('span') === 'all';
  const range = readRange(query);
  const whole = extentOf(timeline, all ? 'all' : 'window', now);
  if (whole === null) {
    return (
      <section class="card" aria-label="Timeline">
        <header>
          <h2>Timeline</h2>
        </header>
        <p class="empty">
          Here stands every second that can be restored, once the initial sync is done. A click on one restores it.
        </p>
      </section>
    );
  }
  const extent: Extent = range.kind === 'fixed' ? range : whole;
  const zoom = (fromMs: number, toMs: number) => {
    const from = Math.max(fromMs, whole.fromMs);
    const to = Math.min(toMs, whole.toMs);
    writeZoom(to - from >= (whole.toMs - whole.fromMs) * 0.98 ? null : zoomTo(from, to));
  };
  const scale = (factor: number) => {
    const middle = (extent.fromMs + extent.toMs) / 2;
    const half = Math.max(shortestSpanMs, (extent.toMs - extent.fromMs) * factor) / 2;
    zoom(middle - half, middle + half);
  };
  return (
    <section class="card" aria-label="Timeline">
      <header>
        <h2>Timeline</h2>
        <span class="sub">{spanWords(extent.fromMs, extent.toMs, zone, now)}</span>
        <span class="end">
          <span class="seg" role="group" aria-label="Span">
            <button
              type="button"
              aria-pressed={range.kind !== 'fixed' && !all}
              onClick={() => {
                writeZoom(null);
                setQuery('span', null);
              }}
            >
              Any second
            </button>
            <button
              type="button"
              aria-pressed={range.kind !== 'fixed' && all}
              onClick={() => {
                writeZoom(null);
                setQuery('span', 'all');
              }}
            >
              All snapshots
            </button>
          </span>
          <span class="zoom">
            <button type="button" class="quiet icon" aria-label="Zoom in" onClick={() => scale(0.5)}>
              <Icon name="plus" />
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label="Zoom out"
              disabled={range.kind !== 'fixed'}
              onClick={() => scale(2)}
            >
              <Icon name="zoomOut" />
            </button>
          </span>
        </span>
      </header>
      <div class="body">
        <TimelineBar
          timeline={timeline}
          extent={extent}
          nowMs={now}
          zone={zone}
          onZoom={zoom}
          onScale={scale}
          onPick={may('data.read') ? (moment) => navigate(restoreAddress(groupId, set.replicaSetId, moment)) : null}
        />
        {timeline.holes.length > 0 && (
          <ul class="holes" aria-label="Holes">
            {timeline.holes.map((hole) => (
              <li key={hole.fromMs}>
                <i class="hatch" aria-hidden="true" />
                <span>
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      const around = Math.max(60_000, (hole.untilMs - hole.fromMs) * 0.5);
                      zoom(hole.fromMs - around, hole.untilMs + around);
                    }}
                  >
                    {spanWords(hole.fromMs, hole.untilMs, zone, now)}
                  </button>{' '}
                  cannot be restored: {capital(hole.why)}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function writeZoom(range: ReturnType<typeof zoomTo> | null): void {
  const query = new URLSearchParams(location.search);
  writeRange(query, range ?? { kind: 'auto' });
  const text = query.toString();
  navigate(location.pathname + (text === '' ? '' : `?${text}`), true);
}
