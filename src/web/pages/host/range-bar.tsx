import { useEffect, useRef, useState } from 'preact/hooks';
import { spanWords, type Zone } from '../../chart/time-axis.ts';
import {
  fixRange,
  isSinceFirst,
  presets,
  shiftRange,
  type TimeRange,
  type TimeWindow,
  zoomOut,
} from '../../chart/time-range.ts';
import { Icon } from '../../components/icon.tsx';
import { capital } from '../../format.ts';
import { useKey } from '../../keyboard.tsx';
import { RangeForm } from './range-form.tsx';

export interface RangeBarProps {
  readonly range: TimeRange;
  readonly window: TimeWindow;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly firstSampleMs: number | null;
  readonly onRange: (range: TimeRange) => void;
  readonly onZone: (zone: Zone) => void;
  /** Address of exactly what is on screen, with fixed times. */
  readonly permalink: (range: TimeRange) => string;
  /** More controls at the right end. */
  readonly children?: preact.ComponentChildren;
}

/** Presets, steps and zoom out, the exact span (key `t`), the zone and the permalink of one time range. */
export function RangeBar(props: RangeBarProps) {
  const { range, window, zone, nowMs, onRange } = props;
  const [open, setOpen] = useState(false);
  useKey('t', () => setOpen(true));
  const close = () => setOpen(false);
  return (
    <section class="timebar" aria-label="Time range">
      <div class="seg presets" role="group" aria-label="Span">
        {presets.map((preset) => (
          <button
            type="button"
            key={preset.id}
            aria-pressed={range.kind === 'preset' && range.id === preset.id}
            title={capital(preset.words)}
            onClick={() => onRange({ kind: 'preset', id: preset.id })}
          >
            {preset.label}
          </button>
        ))}
      </div>
      <div class="range">
        <StepButton
          icon="left"
          words="Half a screen earlier"
          onClick={() => onRange(shiftRange(window, -0.5, nowMs))}
        />
        <button
          type="button"
          class="quiet span"
          aria-expanded={open}
          aria-haspopup="dialog"
          aria-keyshortcuts="t"
          onClick={() => setOpen(!open)}
        >
          <Icon name="calendar" />
          <span>{rangeWords(props)}</span>
        </button>
        <StepButton
          icon="right"
          words="Half a screen later"
          disabled={window.live}
          onClick={() => onRange(shiftRange(window, 0.5, nowMs))}
        />
        <StepButton icon="zoomOut" words="Zoom out" onClick={() => onRange(zoomOut(window, nowMs))} />
        {window.live ? (
          <span class="pill live">
            <i class="dot" aria-hidden="true" />
            Live
          </span>
        ) : (
          <button type="button" class="quiet" onClick={() => onRange({ kind: 'auto' })}>
            Back to live
          </button>
        )}
      </div>
      <div class="end">
        {props.children}
        <div class="seg" role="group" aria-label="Time zone">
          {(['utc', 'local'] as const).map((name) => (
            <button type="button" key={name} aria-pressed={zone === name} onClick={() => props.onZone(name)}>
              {name === 'utc' ? 'UTC' : 'Local'}
            </button>
          ))}
        </div>
        <CopyLink address={() => props.permalink(fixRange(window))} />
      </div>
      {open && <RangeForm {...props} onClose={close} />}
    </section>
  );
}

/** The span in words: live ones by their name, a young host's as what it is. */
function rangeWords({ range, window, zone, nowMs, firstSampleMs }: RangeBarProps): string {
  if (isSinceFirst(range, nowMs, firstSampleMs)) return 'Since the first sample';
  if (range.kind === 'auto') return 'Last 24 hours';
  const preset = presets.find((entry) => range.kind === 'preset' && entry.id === range.id);
  if (preset !== undefined) return capital(preset.words);
  return spanWords(window.fromMs, window.toMs, zone, nowMs);
}

function StepButton(props: {
  icon: 'left' | 'right' | 'zoomOut';
  words: string;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="icon quiet"
      aria-label={props.words}
      title={props.words}
      disabled={props.disabled === true}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** Copies the address; where the browser forbids it (plain HTTP), shows it to be copied by hand. */
function CopyLink({ address }: { readonly address: () => string }) {
  const [said, setSaid] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    const text = address();
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      prompt('Copy this address', text);
      return;
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(null), 2000);
  };
  return (
    <button
      type="button"
      class="copy-link"
      onClick={() => void copy()}
      title="A link to exactly this view, with fixed times"
    >
      <Icon name="link" />
      <span class="word" aria-live="polite">
        {said ?? 'Copy link'}
      </span>
    </button>
  );
}
