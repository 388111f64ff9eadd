import { useId, useMemo, useState } from 'preact/hooks';
import type { Host } from '../../wire/api/deployment.ts';
import type { MetricInfo } from '../../wire/api/metrics.ts';
import { settingsTabs } from '../pages/settings/settings-tabs.ts';
import { useResource } from '../resource.ts';
import { groupPath, navigate } from '../router.ts';
import { type GroupView, useGroup } from '../session.ts';
import { Dialog } from './dialog.tsx';

interface Found {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly address: string;
}

const most = 12;

/** Finds a host, a metric or a page by any part of its name; arrows choose, Enter goes. */
export function Finder({ onClose }: { readonly onClose: () => void }) {
  const view = useGroup();
  const { groupId } = view;
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`).data;
  const metrics = useResource<MetricInfo[]>('/catalog').data;
  const all = useMemo(
    () => [
      ...pagesOf(view),
      ...(hosts ?? []).map((host) => hostEntry(groupId, host)),
      ...(metrics ?? []).map((metric) => metricEntry(groupId, metric)),
    ],
    [view, hosts, metrics],
  );
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const found = useMemo(() => match(all, text), [all, text]);
  const chosen = found[Math.min(at, found.length - 1)];
  const go = (entry: Found | undefined) => {
    if (entry === undefined) return;
    onClose();
    navigate(entry.address);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(found.length - 1, at + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(chosen);
    }
  };
  return (
    <Dialog title="Find" onClose={onClose}>
      <input
        type="text"
        class="wide"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen.id}`}
        aria-label="Find a host, metric or page"
        placeholder="Host, metric or page"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="finds" id={`${id}-list`} role="listbox" aria-label="Found">
        {found.map((entry) => (
          <li
            key={entry.id}
            id={`${id}-${entry.id}`}
            role="option"
            aria-selected={entry === chosen}
            onClick={() => go(entry)}
          >
            <span class="clip">{entry.title}</span>
            <span class="sub small">{entry.note}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="sub pad">Nothing has “{text}” in its name.</p>}
    </Dialog>
  );
}

function pagesOf({ groupId, session, may }: GroupView): Found[] {
  const page = (title: string, ...parts: string[]): Found => ({
    id: `page-${parts.join('-')}`,
    title,
    note: 'page',
    address: groupPath(groupId, ...parts),
  });
  return [
    page('Deployment'),
    page('Backups', 'backups'),
    page('Alerts', 'alerts'),
    page('Compare', 'compare'),
    page('Agents', 'agents'),
    page('Events', 'events'),
    { id: 'page-account', title: 'Account', note: 'page', address: '/account' },
    ...(session.user.administrator
      ? [{ id: 'page-instance', title: 'Instance', note: 'page', address: '/instance' }]
      : []),
    ...settingsTabs
      .filter(([, , permission]) => may(permission))
      .map(([name, word]) => page(`Settings: ${word.toLowerCase()}`, 'settings', name)),
  ];
}

function hostEntry(groupId: string, host: Host): Found {
  const note = [host.setName ?? host.type, host.role].filter((word) => word !== '').join(', ');
  return { id: `host-${host.id}`, title: host.host, note, address: groupPath(groupId, 'hosts', host.id) };
}

function metricEntry(groupId: string, metric: MetricInfo): Found {
  const address = `${groupPath(groupId, 'compare')}?metric=${encodeURIComponent(metric.name)}`;
  return { id: `metric-${metric.name}`, title: metric.title, note: `metric, ${metric.unit}`, address };
}

/** Entries that hold every word; those that begin with the text come first. */
function match(all: readonly Found[], text: string): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const first: Found[] = [];
  const rest: Found[] = [];
  for (const entry of all) {
    const name = `${entry.title} ${entry.note}`.toLowerCase();
    if (!words.every((word) => name.includes(word))) continue;
    (words[0] !== undefined && name.startsWith(words[0]) ? first : rest).push(entry);
    if (first.length >= most) break;
  }
  return [...first, ...rest].slice(0, most);
}
