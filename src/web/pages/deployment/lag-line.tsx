import { useEffect, useRef, useState } from 'preact/hooks';
import type { TopologyMember, TopologySet } from '../../../wire/api/deployment.ts';
import { duration, shortDuration, shortHost } from '../../format.ts';
import { lagPosition, lagTicks, spreadDots } from './lag-scale.ts';

const dotPx = 23;
/** Room that the words at the end of the oplog take, with half a label. */
const endPx = 124;

interface LagLineProps {
  readonly set: TopologySet;
  /** Lag from which an alert rule warns, or null when there is none. */
  readonly limitMs: number | null;
}

/** Members as dots from now (right) to the end of the oplog (left), on a logarithmic axis. */
export function LagLine({ set, limitMs }: LagLineProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useBoxWidth(box, 800);
  const standing = set.members.flatMap((member, at) =>
    member.lagMs === null ? [] : [{ member, order: at + 1, lagMs: member.lagMs }],
  );
  if (standing.length === 0) return null;
  const worst = standing.reduce((most, entry) => (entry.lagMs > most.lagMs ? entry : most));
  const windowMs = set.oplogWindowMs ?? Math.max(3_600_000, worst.lagMs * 2);
  const places = spreadDots(
    standing.map(({ lagMs }) => lagPosition(lagMs, windowMs) * width),
    width,
    dotPx,
  );
  const worstPx = places[standing.indexOf(worst)] ?? 0;
  const narrow = width < 480;
  const end = set.oplogWindowMs === null ? shortDuration(windowMs) : `oplog ends, ${shortDuration(windowMs)}`;
  const showWorst = worst.member.status.health === 'warn' || worst.lagMs >= 1000;
  return (
    <div class="oplog-box">
      <div ref={box} class="oplog" role="img" aria-label={sentence(set, limitMs)}>
        {limitMs !== null && limitMs < windowMs && (
          <div class="zone" style={{ width: `${(1 - lagPosition(limitMs, windowMs)) * 100}%` }} />
        )}
        <div class="rail" />
        <span class="tick last" style={{ '--p': 0 }}>
          now
        </span>
        {lagTicks(windowMs)
          .filter(({ minor, p }) => (!minor || !narrow) && p * width > 34 && (1 - p) * width > endPx)
          .map(({ label, p }) => (
            <span key={label} class="tick" style={{ '--p': p }}>
              {label}
            </span>
          ))}
        <span class="tick first" style={{ '--p': 1 }}>
          {end}
        </span>
        {set.primary !== null && worstPx > 150 && <span class="tag last">primary</span>}
        {showWorst && worst.member.role !== 'primary' && (
          <span
            class={`tag${worst.member.status.health === 'ok' ? '' : ' warn'}${worstPx < 70 ? ' last' : ''}`}
            style={{ right: `${Math.min(worstPx, width - 60)}px` }}
          >
            {duration(worst.lagMs)} behind
          </span>
        )}
        {standing.map(({ member, order }, at) => (
          <span
            key={member.host}
            class={ordClass(member)}
            style={{ right: `${places[at] ?? 0}px` }}
            title={`${member.host}: ${lagWords(member)}`}
          >
            {order}
          </span>
        ))}
      </div>
    </div>
  );
}

export function ordClass(member: TopologyMember): string {
  if (member.status.health === 'warn' || member.status.health === 'bad') return `ord ${member.status.health}`;
  if (member.status.health === 'unknown') return 'ord unknown';
  return member.role === 'primary' ? 'ord primary' : 'ord';
}

function lagWords(member: TopologyMember): string {
  if (member.role === 'primary') return 'primary';
  return member.lagMs === null ? 'its lag is not known' : `${duration(member.lagMs)} behind`;
}

function sentence(set: TopologySet, limitMs: number | null): string {
  const members = set.members.map((member) => `${shortHost(member.host)}: ${lagWords(member)}`).join('; ');
  const limit = limitMs === null ? '' : ` The alert limit is ${duration(limitMs)}.`;
  const window = set.oplogWindowMs === null ? '' : ` The oplog reaches back ${shortDuration(set.oplogWindowMs)}.`;
  return `Where each member stands in the oplog. ${members}.${limit}${window}`;
}

function useBoxWidth(box: { readonly current: HTMLElement | null }, first: number): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
