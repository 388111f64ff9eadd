import { h, render } from 'preact';
import { useEffect } from 'preact/hooks';
import { ComparePage } from '../../src/web/pages/compare/compare-page.tsx';
import { HostPage } from '../../src/web/pages/host/host-page.tsx';
import type { HostTab } from '../../src/web/pages/host/host-tabs.ts';
import type { PagePort } from '../../src/web/pages/host/page-port.ts';
import { navigate, startRouter, useAddress } from '../../src/web/router.ts';
import type { StreamEvent } from '../../src/wire/api/groups.ts';

/** The chart pages alone, with the least of a shell: an address, the API, the event stream. */
const listeners = new Set<(event: StreamEvent) => void>();
const reopened = new Set<() => void>();
let lost = false;
const stream = new EventSource('/api/v1/groups/g1/stream');
stream.addEventListener('error', () => {
  lost = true;
});
stream.addEventListener('open', () => {
  if (lost) for (const listener of reopened) listener();
  lost = false;
});
for (const type of ['samples', 'events', 'hosts']) {
  stream.addEventListener(type, (message) => {
    for (const listener of listeners) listener(JSON.parse(message.data));
  });
}

async function call(method: string, path: string, signal: AbortSignal) {
  const response = await fetch(`/api/v1${path}`, { method, signal });
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

const port: PagePort = {
  get: (path, signal) => call('GET', path, signal),
  post: (path, signal) => call('POST', path, signal),
  onStream(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  onReopen(listener) {
    reopened.add(listener);
    return () => reopened.delete(listener);
  },
  go: navigate,
};

function App() {
  const { path, query } = useAddress();
  useEffect(startRouter, []);
  const [, hostId, tab] = /\/hosts\/(\w+)\/?(charts|raw|info)?/.exec(path) ?? [];
  const page =
    hostId === undefined
      ? h(ComparePage, { groupId: 'g1', query, port })
      : h(HostPage, { groupId: 'g1', hostId, tab: hostTab(tab), query, port });
  return h('main', { class: 'main', 'data-ready': listeners.size > 0 }, page);
}

function hostTab(name: string | undefined): HostTab {
  return name === 'raw' || name === 'info' ? name : 'charts';
}

document.documentElement.dataset['theme'] = new URLSearchParams(location.search).get('theme') ?? 'light';
render(h(App, {}), document.body);
