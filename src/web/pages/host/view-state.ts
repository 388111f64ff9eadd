import type { Zone } from '../../chart/time-axis.ts';
import { readRange, type TimeRange, writeRange } from '../../chart/time-range.ts';

/** Everything of the charts that the address holds. */
export interface ViewState {
  readonly range: TimeRange;
  readonly zone: Zone;
  /** The address names the zone; else it is the reader's own choice for all pages. */
  readonly zoneFixed: boolean;
  /** Id of the expanded chart. */
  readonly expanded: string | null;
  /** Raw or catalog names that the reader added, in order. */
  readonly added: readonly string[];
  /** Chart id → key of the only line shown. */
  readonly isolated: ReadonlyMap<string, string>;
  /** The value axis of the expanded chart fits the data. */
  readonly fit: boolean;
}

const mostAdded = 24;
const zones: readonly Zone[] = ['utc', 'local'];

/** Reads the query of an address; what it does not say is the default: the reader's zone, nothing expanded, nothing added. */
export function readView(query: URLSearchParams, ownZone: Zone): ViewState {
  const isolated = query.getAll('only').map((pair) => {
    const at = pair.indexOf('~');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  const zone = zones.find((name) => name === query.get('zone'));
  return {
    range: readRange(query),
    zone: zone ?? ownZone,
    zoneFixed: zone !== undefined,
    expanded: query.get('chart'),
    added: [...new Set(query.getAll('add'))].slice(0, mostAdded),
    isolated: new Map(isolated.filter(([chart, key]) => chart !== '' && key !== '')),
    fit: query.get('fit') === '1',
  };
}

/** The query that `readView` reads back as the same view; other parameters stay as they are. */
export function writeView(query: URLSearchParams, view: ViewState): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const name of ['zone', 'chart', 'add', 'only', 'fit']) next.delete(name);
  writeRange(next, view.range);
  if (view.zoneFixed) next.set('zone', view.zone);
  if (view.expanded !== null) next.set('chart', view.expanded);
  if (view.fit) next.set('fit', '1');
  for (const name of view.added) next.append('add', name);
  for (const [chart, key] of view.isolated) next.append('only', `${chart}~${key}`);
  return next;
}
