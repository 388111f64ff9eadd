import type { Alert } from '../../../wire/api/alerts.ts';
import { fitsWords } from '../../components/fits-words.ts';
import type { Place, Places } from './alert-places.ts';

/** What is shown of all alerts; empty text: everything. */
export interface AlertFilter {
  readonly state: 'open' | 'acknowledged' | 'closed';
  readonly text: string;
  readonly severity: string;
  /** Name of a replica set. */
  readonly set: string;
  readonly tag: string;
}

export type Row =
  | {
      readonly kind: 'head';
      readonly key: string;
      readonly name: string;
      readonly severity: Alert['severity'];
      readonly ids: readonly string[];
    }
  | { readonly kind: 'alert'; readonly key: string; readonly alert: Alert; readonly place: Place };

/** The alerts of a page that a filter lets through. */
export function shownAlerts(alerts: readonly Alert[], filter: AlertFilter, places: Places): readonly Alert[] {
  const fits = fitsWords(filter.text);
  return alerts.filter((alert) => {
    if (alert.state !== filter.state) return false;
    if (filter.severity !== '' && alert.severity !== filter.severity) return false;
    if (filter.set === '' && filter.tag === '' && filter.text.trim() === '') return true;
    const { setName, tags } = places(alert);
    if (filter.set !== '' && setName !== filter.set) return false;
    if (filter.tag !== '' && !tags.includes(filter.tag)) return false;
    const { title, detail, ruleName, subject } = alert;
    return fits([title, detail, ruleName, subject.label, setName, ...tags].join(' '));
  });
}

/** Rows of the list: under the name of their replica set, the worst set first; closed ones by the time of their end. */
export function rowsOf(alerts: readonly Alert[], places: Places, state: AlertFilter['state']): readonly Row[] {
  const row = (alert: Alert): Row => ({ kind: 'alert', key: alert.id, alert, place: places(alert) });
  if (state === 'closed') return alerts.toSorted((a, b) => (b.closedAtMs ?? 0) - (a.closedAtMs ?? 0)).map(row);
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts.toSorted(worstFirst)) {
    const { setName } = places(alert);
    const name = setName ?? otherPlace(alert);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [alert]);
    else known.push(alert);
  }
  // A group was made when its worst alert came: they are in order.
  return [...groups].flatMap(([name, list]): Row[] => [
    {
      kind: 'head',
      key: `head ${name}`,
      name,
      severity: list.some(({ severity }) => severity === 'bad') ? 'bad' : 'warn',
      ids: list.map(({ id }) => id),
    },
    ...list.map(row),
  ]);
}

function worstFirst(a: Alert, b: Alert): number {
  const rank = ({ severity }: Alert) => (severity === 'bad' ? 0 : 1);
  return rank(a) - rank(b) || b.openedAtMs - a.openedAtMs;
}

function otherPlace({ subject }: Alert): string {
  const names = { host: 'Single processes', set: subject.label, cluster: subject.label, agent: 'Agents' };
  return subject.kind === 'group' ? 'The whole group' : names[subject.kind];
}
