import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { timeParts, type Zone } from '../../chart/time-axis.ts';
import { longestSpanMs, presets, shortestSpanMs, type TimeRange, type TimeWindow } from '../../chart/time-range.ts';
import { capital } from '../../format.ts';

export interface RangeFormProps {
  readonly window: TimeWindow;
  readonly zone: Zone;
  readonly firstSampleMs: number | null;
  readonly nowMs: number;
  readonly onRange: (range: TimeRange) => void;
  readonly onClose: () => void;
}

/** The exact span to type, in the zone of the page, and every preset for the keyboard. Esc closes. */
export function RangeForm({ window, zone, firstSampleMs, nowMs, onRange, onClose }: RangeFormProps) {
  const [from, setFrom] = useState(toField(window.fromMs, zone));
  const [to, setTo] = useState(toField(window.toMs, zone));
  const box = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLInputElement>(null);
  // Before the next key arrives: Esc is meant for what was just opened.
  useLayoutEffect(() => {
    const before = document.activeElement;
    first.current?.focus();
    const outside = (event: Event) => {
      const inBar = event.target instanceof Element && event.target.closest('.timebar .span') !== null;
      if (event.target instanceof Node && box.current?.contains(event.target) === false && !inBar) onClose();
    };
    document.addEventListener('pointerdown', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const [fromMs, toMs] = [fromField(from, zone), fromField(to, zone)];
  const problem = problemOf(fromMs, toMs);
  const choose = (range: TimeRange) => {
    onRange(range);
    onClose();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (problem === null && fromMs !== null && toMs !== null) choose({ kind: 'fixed', fromMs, toMs });
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onClose();
  };
  const zoneWord = zone === 'utc' ? 'UTC' : 'local time';
  return (
    <div class="range-form" ref={box} role="dialog" aria-label="Choose the time range" onKeyDown={escape}>
      <form onSubmit={submit}>
        <label>
          <span>From, {zoneWord}</span>
          <input
            ref={first}
            type="datetime-local"
            step="1"
            value={from}
            onInput={(event) => setFrom(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>To, {zoneWord}</span>
          <input type="datetime-local" step="1" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        <p class="note" role="status">
          {problem ?? ''}
        </p>
        <div class="buttons">
          <button type="submit" class="primary" disabled={problem !== null}>
            Show this span
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
      <div class="quick">
        {firstSampleMs !== null && nowMs - firstSampleMs < longestSpanMs && (
          <button
            type="button"
            class="quiet"
            onClick={() =>
              choose({ kind: 'fixed', fromMs: firstSampleMs, toMs: Math.max(nowMs, firstSampleMs + shortestSpanMs) })
            }
          >
            Everything since the first sample
          </button>
        )}
        {presets.map((preset) => (
          <button type="button" class="quiet" key={preset.id} onClick={() => choose({ kind: 'preset', id: preset.id })}>
            {capital(preset.words)}
          </button>
        ))}
      </div>
    </div>
  );
}

function problemOf(fromMs: number | null, toMs: number | null): string | null {
  if (fromMs === null || toMs === null) return 'Give both times in full.';
  if (toMs <= fromMs) return 'The end must be after the start.';
  if (toMs - fromMs < shortestSpanMs) return 'The shortest span is 20 s.';
  if (toMs - fromMs > longestSpanMs) return 'The longest span is 5 years.';
  return null;
}

/** `2026-11-21T03:00:12`, as a field of type datetime-local holds it. */
export function toField(timeMs: number, zone: Zone): string {
  const { year, month, day, hour, minute, second } = timeParts(timeMs, zone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month + 1)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** The time that a field holds, null while it is incomplete. */
export function fromField(text: string, zone: Zone): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return null;
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isFinite(ms) ? ms : null;
}
