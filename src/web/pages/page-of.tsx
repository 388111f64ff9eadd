import type { ComponentChildren } from 'preact';
import { get, send } from '../api.ts';
import { lazyPage } from '../components/lazy-page.tsx';
import { Missing } from '../components/missing.tsx';
import { groupPath, navigate } from '../router.ts';
import { onReopen, onStream } from '../stream.ts';
import { DeploymentPage } from './deployment/deployment-page.tsx';
import { hostTabs } from './host/host-tabs.ts';
import type { PagePort } from './host/page-port.ts';
import { settingsTabs } from './settings/settings-tabs.ts';

// What is not seen first is fetched when it is first opened: the deployment stands sooner.
const HostView = lazyPage(async () => (await import('./hosts/host-view.tsx')).HostView);
const ComparePage = lazyPage(async () => (await import('./compare/compare-page.tsx')).ComparePage);
const SettingsPage = lazyPage(async () => (await import('./settings/settings-page.tsx')).SettingsPage);
const AlertPages = lazyPage(async () => (await import('./alerts/alert-pages.tsx')).AlertPages);
const EventsPage = lazyPage(async () => (await import('./events-page.tsx')).EventsPage);
const AgentsPage = lazyPage(async () => (await import('./agents-page.tsx')).AgentsPage);
const BackupPages = lazyPage(async () => (await import('./backup/backup-pages.tsx')).BackupPages);

export interface PageView {
  readonly title: string;
  /** Pages above it: word and address. */
  readonly above: readonly (readonly [word: string, address: string])[];
  readonly body: ComponentChildren;
}

const port: PagePort = {
  get,
  post: (path, signal) => send('POST', path, undefined, signal),
  onStream,
  onReopen,
  go: navigate,
};

/** The page that an address inside a group names. */
export function pageOf(parts: readonly string[], query: URLSearchParams, groupId: string): PageView {
  const [first = '', second = '', third = ''] = parts;
  const home = ['Deployment', groupPath(groupId)] as const;
  switch (first) {
    case '':
      return { title: 'Deployment', above: [], body: <DeploymentPage query={query} /> };
    case 'hosts': {
      const tab = hostTabs.find((name) => name === third) ?? 'charts';
      const body = <HostView groupId={groupId} hostId={second} tab={tab} query={query} port={port} />;
      return { title: 'Host', above: [home], body };
    }
    case 'compare':
      return { title: 'Compare', above: [home], body: <ComparePage groupId={groupId} query={query} port={port} /> };
    case 'backups':
      return {
        title: second === '' ? 'Backups' : 'Backup',
        above: second === '' ? [] : [['Backups', groupPath(groupId, 'backups')]],
        body: <BackupPages setId={second} tab={third} query={query} />,
      };
    case 'alerts':
      return {
        title: second === '' ? 'Alerts' : 'Alert',
        above: second === '' ? [] : [['Alerts', groupPath(groupId, 'alerts')]],
        body: <AlertPages alertId={second} query={query} />,
      };
    case 'events':
      return { title: 'Events', above: [], body: <EventsPage query={query} /> };
    case 'agents':
      return { title: 'Agents', above: [], body: <AgentsPage /> };
    case 'settings':
      return settingsPageOf(second, third, query, groupId);
    default:
      return { title: 'No such page', above: [home], body: <NoSuchPage home={groupPath(groupId)} /> };
  }
}

function NoSuchPage({ home }: { readonly home: string }) {
  return (
    <Missing
      title="There is no such page"
      why="The address was cut off, or is of another version of Leafward."
      to={home}
      word="Open the deployment"
    />
  );
}

/** A tab of the settings; a rule has a page of its own below that of the rules. */
function settingsPageOf(name: string, detail: string, query: URLSearchParams, groupId: string): PageView {
  const [tab, word] = settingsTabs.find(([known]) => known === name) ?? settingsTabs[0];
  const body = <SettingsPage tab={tab} detail={detail} query={query} />;
  const above = [['Settings', groupPath(groupId, 'settings')] as const];
  if (tab !== 'alerts' || detail === '') return { title: word, above, body };
  return { title: 'Rule', above: [...above, [word, groupPath(groupId, 'settings', tab)]], body };
}
