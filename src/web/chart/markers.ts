import type { Event } from '../../wire/api/alerts.ts';

export type MarkerKind = 'restart' | 'election' | 'version' | 'alert' | 'recovered' | 'other';

/** A moment on the time line. `words` is what a reader sees on hover. */
export interface Marker {
  readonly id: string;
  readonly timeMs: number;
  readonly kind: MarkerKind;
  readonly words: string;
  readonly subject: string;
}

/** Glyph and name of a kind; the glyph never stands alone where words fit. */
export const markerGlyphs: Readonly<Record<MarkerKind, { readonly glyph: string; readonly name: string }>> = {
  restart: { glyph: '↻', name: 'Restart' },
  election: { glyph: '◇', name: 'Election' },
  version: { glyph: '⇧', name: 'Version' },
  alert: { glyph: '▲', name: 'Alert' },
  recovered: { glyph: '●', name: 'Over' },
  other: { glyph: '–', name: 'Event' },
};

const kindPatterns: readonly (readonly [RegExp, MarkerKind])[] = [
  [/acknowledged|notification|member(Added|Removed)/i, 'other'],
  [/version/i, 'version'],
  [/restart/i, 'restart'],
  [/election|stateChange/i, 'election'],
  [/alertClosed|^reachable$/i, 'recovered'],
  [/alert|unreachable/i, 'alert'],
];

/** Events that belong on a time line, oldest first. */
export function markersOf(events: readonly Event[]): readonly Marker[] {
  return events
    .map((event) => ({
      id: event.id,
      timeMs: event.atMs,
      kind: kindOf(event.kind),
      words: event.message,
      subject: event.subject.label,
    }))
    .filter((marker) => marker.kind !== 'other')
    .sort((a, b) => a.timeMs - b.timeMs);
}

function kindOf(kind: string): MarkerKind {
  return kindPatterns.find(([pattern]) => pattern.test(kind))?.[1] ?? 'other';
}

/** Markers that would touch on screen, together: `gapMs` is the time that one glyph covers. */
export function clusterMarkers(markers: readonly Marker[], gapMs: number): readonly (readonly Marker[])[] {
  const clusters: Marker[][] = [];
  for (const marker of markers) {
    const cluster = clusters.at(-1);
    const first = cluster?.[0];
    if (cluster !== undefined && first !== undefined && marker.timeMs - first.timeMs < gapMs) cluster.push(marker);
    else clusters.push([marker]);
  }
  return clusters;
}

/** The kind that decides the glyph of a cluster: what most needs a look. */
export function leadingKind(cluster: readonly Marker[]): MarkerKind {
  const order: readonly MarkerKind[] = ['alert', 'restart', 'election', 'version', 'recovered', 'other'];
  return order.find((kind) => cluster.some((marker) => marker.kind === kind)) ?? 'other';
}
