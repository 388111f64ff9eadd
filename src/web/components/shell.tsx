import { useCallback, useMemo, useState } from 'preact/hooks';
import type { Agent, TopologyAnswer } from '../../wire/api/deployment.ts';
import { duration } from '../format.ts';
import { useShortcuts } from '../keyboard.tsx';
import { rowsOf } from '../pages/deployment/blocks.ts';
import { pageOf } from '../pages/page-of.tsx';
import { useResource } from '../resource.ts';
import { groupPath } from '../router.ts';
import { useGroup } from '../session.ts';
import { useClock } from '../zone.ts';
import { Finder } from './finder.tsx';
import { Frame } from './frame.tsx';
import { GroupSwitch } from './group-switch.tsx';
import { Icon, type IconName } from './icon.tsx';
import { Shape } from './status.tsx';
import { Warnings } from './warnings.tsx';

const pages: readonly (readonly [part: string, word: string, icon: IconName, key: string, wideOnly: boolean])[] = [
  ['', 'Deployment', 'deployment', 'd', false],
  ['backups', 'Backups', 'backup', 'b', false],
  ['alerts', 'Alerts', 'alerts', 'a', false],
  ['compare', 'Compare', 'compare', 'c', true],
  ['agents', 'Agents', 'agents', 't', false],
  ['events', 'Events', 'events', 'e', true],
  ['settings', 'Settings', 'settings', 's', false],
];

/** The frame of a group: its pages, its alerts and whether its agents report. */
export function Shell({ parts, query }: { readonly parts: readonly string[]; readonly query: URLSearchParams }) {
  const { groupId } = useGroup();
  const [finding, setFinding] = useState(false);
  const find = useCallback(() => setFinding(true), []);
  const targets = useMemo(
    () => Object.fromEntries(pages.map(([part, , , key]) => [key, addressOf(groupId, part)])),
    [groupId],
  );
  useShortcuts(targets, find);
  const topology = useResource<TopologyAnswer>(`/groups/${groupId}/topology`, [
    'topology',
    'hosts',
    'alerts',
    'agents',
  ]);
  const page = pageOf(parts, query, groupId);
  const [first, second] = parts;
  const title = useMemo(() => nameOf(topology.data, first, second), [topology.data, first, second]) ?? page.title;
  const here = first === 'hosts' ? '' : (first ?? '');
  return (
    <>
      <Frame
        home={groupPath(groupId)}
        title={title}
        above={page.above}
        nav={pages.map(([part, word, icon, , wideOnly]) => ({
          word,
          icon,
          address: addressOf(groupId, part),
          current: here === part,
          wideOnly,
          badge: part === 'alerts' && <AlertCount topology={topology.data} />,
        }))}
        head={<GroupSwitch />}
        foot={<SideFoot blind={topology.data?.blind ?? null} />}
        tools={
          <button type="button" class="find" aria-label="Find a host, metric or page" onClick={find}>
            <Icon name="find" />
            <span>Find a host, metric or page</span>
            <kbd>/</kbd>
          </button>
        }
      >
        <Warnings parts={parts} />
        {page.body}
      </Frame>
      {finding && <Finder onClose={() => setFinding(false)} />}
    </>
  );
}

/** The process or the replica set by its name, from what the navigation knows anyway. */
function nameOf(topology: TopologyAnswer | undefined, page: string | undefined, id: string | undefined): string | null {
  if (topology === undefined || id === undefined) return null;
  if (page === 'hosts') return rowsOf(topology, '').find(({ member }) => member.hostId === id)?.member.host ?? null;
  if (page !== 'backups') return null;
  const sharded = topology.clusters.flatMap(({ shards, configSet }) => [...shards, ...(configSet ? [configSet] : [])]);
  return [...topology.sets, ...sharded].find(({ replicaSetId }) => replicaSetId === id)?.name ?? null;
}

function addressOf(groupId: string, part: string): string {
  return part === '' ? groupPath(groupId) : groupPath(groupId, part);
}

function AlertCount({ topology }: { readonly topology: TopologyAnswer | undefined }) {
  const open = topology?.figures.openAlerts ?? 0;
  if (open === 0) return null;
  return (
    <span class="count">
      <Shape health={topology?.verdict.health === 'bad' ? 'bad' : 'warn'} />
      <b>{open}</b>
      <span class="sr"> open</span>
    </span>
  );
}

/** Whether agents report: without them nothing on any page is true any more. */
function SideFoot({ blind }: { readonly blind: { sinceMs: number | null } | null }) {
  const { groupId } = useGroup();
  const agents = useResource<Agent[]>(`/groups/${groupId}/agents`, ['agents', 'topology']).data;
  const now = useClock(1000);
  if (agents === undefined) return <div class="foot" />;
  const monitoring = agents.filter(({ kind }) => kind === 'monitoring');
  const count = (role: string) => monitoring.filter((agent) => agent.role === role).length;
  const last = Math.max(...monitoring.map(({ lastSeenAtMs }) => lastSeenAtMs));
  const reports = blind === null && monitoring.length > 0;
  const word = reports ? 'Agents report' : monitoring.length === 0 ? 'No agent yet' : 'No agent reports';
  return (
    <div class="foot">
      <span class="pill">
        <Shape health={reports ? 'ok' : 'unknown'} />
        <span class="word">{word}</span>
      </span>
      {monitoring.length > 0 && (
        <span class="word">
          Last contact <b>{duration(Math.max(1000, Math.round((now - last) / 1000) * 1000))}</b> ago
          <br />
          {count('active')} active, {count('standby')} standby{count('lost') > 0 && `, ${count('lost')} lost`}
        </span>
      )}
    </div>
  );
}
