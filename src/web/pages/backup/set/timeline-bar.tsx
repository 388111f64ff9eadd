import { useRef, useState } from 'preact/hooks';
import type { Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupTimeline } from '../../../../wire/api/backups.ts';
import { timeTicks, type Zone } from '../../../chart/time-axis.ts';
import { Shape } from '../../../components/status.tsx';
import { capital, fullTime } from '../../../format.ts';
import { useWidth } from '../../host/use-width.ts';
import { cutOf, type Extent, type Found, placeOf, ticksOf, whatIsAt } from './timeline-scale.ts';

interface TimelineBarProps {
  readonly timeline: BackupTimeline;
  readonly extent: Extent;
  readonly nowMs: number;
  readonly zone: Zone;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onScale: (factor: number) => void;
  /** A second or a snapshot that can be restored was picked; null: who looks may not restore. */
  readonly onPick: ((moment: Moment) => void) | null;
}

const tickPx = 96;
const reachPx = 5;
const dragPx = 5;

/** The window as a bar: solid where any second can be had, ticks for snapshots, holes hatched. Click, or arrows and Enter, pick. */
export function TimelineBar(props: TimelineBarProps) {
  const { timeline, extent, nowMs, zone, onZoom, onScale, onPick } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [atMs, setAt] = useState<number | null>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const spanMs = extent.toMs - extent.fromMs;
  const msPerPx = spanMs / Math.max(1, width);
  const reachMs = reachPx * msPerPx;
  const until = Math.max(...timeline.spans.map(({ untilMs }) => untilMs), ...timeline.snapshots.map((one) => one.atMs));
  const shown = atMs ?? Math.min(extent.toMs, Math.max(extent.fromMs, until));
  const found = whatIsAt(timeline, shown, reachMs);
  const timeAt = (event: MouseEvent) => {
    const { left, width: full } = (box.current ?? document.body).getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, full)));
    return wholeSecond(extent.fromMs + share * spanMs);
  };
  const pick = (ms: number) => {
    const there = whatIsAt(timeline, ms, reachMs);
    if (there.kind === 'second') onPick?.({ atMs: ms });
    else if (there.kind === 'snapshot') onPick?.({ snapshotId: there.snapshot.id });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = keyStep(event, shown, Math.max(1000, msPerPx * (event.shiftKey ? 20 : 2)), timeline, extent);
    if (event.key === 'Enter' || event.key === ' ') pick(shown);
    else if (event.key === '+' || event.key === '=') onScale(0.5);
    else if (event.key === '-') onScale(2);
    else if (next !== null) setAt(wholeSecond(next));
    else return;
    event.preventDefault();
  };
  const axis = timeTicks(extent.fromMs, extent.toMs, width / tickPx, zone);
  return (
    <div class="timeline">
      <div
        ref={box}
        class="line"
        role="slider"
        tabIndex={0}
        aria-label="Moment to restore"
        aria-valuemin={extent.fromMs}
        aria-valuemax={extent.toMs}
        aria-valuenow={shown}
        aria-valuetext={`${fullTime(shown, zone, nowMs)}: ${foundWords(found)}`}
        aria-keyshortcuts="ArrowLeft ArrowRight PageUp PageDown Enter + -"
        onPointerMove={(event) => setAt(timeAt(event))}
        onPointerLeave={() => {
          setAt(null);
          setDrag(null);
        }}
        onPointerDown={(event) => {
          if (event.button === 0 && event.pointerType === 'mouse') setDrag(timeAt(event));
          setAt(timeAt(event));
        }}
        onPointerUp={(event) => {
          const to = timeAt(event);
          setDrag(null);
          // A finger looks first: the button below takes it.
          if (event.pointerType !== 'mouse') return;
          if (drag !== null && Math.abs(to - drag) > dragPx * msPerPx) onZoom(Math.min(drag, to), Math.max(drag, to));
          else pick(to);
        }}
        onKeyDown={onKeyDown}
      >
        <div class="ground" />
        {timeline.spans.map((span) => (
          <Part key={`s${span.fromMs}`} kind="solid" fromMs={span.fromMs} toMs={span.untilMs} extent={extent} />
        ))}
        {timeline.holes.map((hole) => (
          <Part key={`h${hole.fromMs}`} kind="hole hatch" fromMs={hole.fromMs} toMs={hole.untilMs} extent={extent} />
        ))}
        {ticksOf(timeline.snapshots, extent, 4 / Math.max(1, width)).map(({ place, snapshots }) => (
          <span
            key={snapshots[0]?.id}
            class={snapshots.length > 1 ? 'snap many' : 'snap'}
            style={{ left: `${place * 100}%` }}
          />
        ))}
        {drag !== null && atMs !== null && Math.abs(atMs - drag) > dragPx * msPerPx && (
          <Part kind="pull" fromMs={Math.min(drag, atMs)} toMs={Math.max(drag, atMs)} extent={extent} />
        )}
        <span class={atMs === null ? 'needle rest' : 'needle'} style={{ left: `${placeOf(shown, extent) * 100}%` }} />
      </div>
      <div class="axis" aria-hidden="true">
        {axis.timesMs.map((ms, at) => {
          const place = placeOf(ms, extent);
          if (place * width < 28 || (1 - place) * width < 28) return null;
          return (
            <span key={ms} style={{ left: `${place * 100}%` }}>
              {axis.labels[at]}
            </span>
          );
        })}
      </div>
      <div class="readout">
        <Shape health={found.kind === 'second' || found.kind === 'snapshot' ? 'ok' : 'off'} />
        <span>
          <b>{fullTime(shown, zone, nowMs)}</b> {foundWords(found)}
        </span>
        {onPick !== null && (found.kind === 'second' || found.kind === 'snapshot') && (
          <button type="button" onClick={() => pick(shown)}>
            {found.kind === 'second' ? 'Restore this second' : 'Restore this snapshot'}
          </button>
        )}
      </div>
    </div>
  );
}

interface PartProps {
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly extent: Extent;
}

function Part({ kind, fromMs, toMs, extent }: PartProps) {
  const cut = cutOf({ fromMs, toMs }, extent);
  if (cut === null) return null;
  return <span class={`part ${kind}`} style={{ left: `${cut.from * 100}%`, width: `${(cut.to - cut.from) * 100}%` }} />;
}

/** What the time under the cursor is good for. */
export function foundWords(found: Found): string {
  switch (found.kind) {
    case 'second':
      return 'can be restored, to the second';
    case 'snapshot':
      return 'is a snapshot: that moment alone can be restored';
    case 'hole':
      return `cannot be restored. ${capital(found.why)}`;
    case 'before':
      return 'is older than the window; only snapshots are kept of that time';
    case 'after':
      return 'is not captured yet';
    case 'nothing':
      return 'cannot be restored: nothing was kept';
  }
}

/** Where a key moves the cursor to; null: it is none of ours. */
function keyStep(
  { key }: KeyboardEvent,
  shown: number,
  stepMs: number,
  { snapshots }: BackupTimeline,
  extent: Extent,
): number | null {
  const clamp = (ms: number) => Math.min(extent.toMs, Math.max(extent.fromMs, ms));
  const times = snapshots.map(({ atMs }) => atMs);
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return clamp(shown - stepMs);
    case 'ArrowRight':
    case 'ArrowUp':
      return clamp(shown + stepMs);
    case 'PageDown':
      return clamp(Math.max(...times.filter((ms) => ms < shown - 999), extent.fromMs));
    case 'PageUp':
      return clamp(Math.min(...times.filter((ms) => ms > shown + 999), extent.toMs));
    case 'Home':
      return extent.fromMs;
    case 'End':
      return extent.toMs;
    default:
      return null;
  }
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
