import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AlertRule } from '../../../wire/api/alerts.ts';
import type { TopologyAnswer } from '../../../wire/api/deployment.ts';
import type { Group } from '../../../wire/api/groups.ts';
import { FilterInput } from '../../components/filter-input.tsx';
import { Icon } from '../../components/icon.tsx';
import { lazyPage } from '../../components/lazy-page.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { NearList } from '../../components/near-list.tsx';
import { counted, shortDuration } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { setQuery } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { type Block, blocksOf, rowsOf } from './blocks.ts';
import { ClusterCard } from './cluster-card.tsx';
import { Figures } from './figures.tsx';
import { FirstStep } from './first-step.tsx';
import { ProcessTable } from './process-table.tsx';
import { RecentEvents } from './recent-events.tsx';
import { BackupsContext, useBackupsById } from './restorable.tsx';
import { SetCard, StandaloneCard } from './set-card.tsx';
import { useWindows, WindowsContext } from './set-silence.tsx';
import { Verdict } from './verdict.tsx';

const AddHostDialog = lazyPage(async () => (await import('../hosts/add-host-dialog.tsx')).AddHostDialog);

/** Is anything wrong, where, since when: the first page. */
export function DeploymentPage({ query }: { readonly query: URLSearchParams }) {
  const { groupId, may } = useGroup();
  const topology = useResource<TopologyAnswer>(`/groups/${groupId}/topology`, [
    'topology',
    'hosts',
    'alerts',
    'agents',
  ]);
  const group = useResource<Group>(`/groups/${groupId}`).data;
  const [adding, setAdding] = useState(query.has('add'));
  const count = topology.data?.figures.processes;
  return (
    <>
      <div class="page-head">
        <h1>Deployment</h1>
        {count !== undefined && count > 0 && (
          <span class="sub">
            {counted(count, 'process', 'processes')}
            {group !== undefined && `, live every ${shortDuration(group.intervalMs)}`}
          </span>
        )}
        {may('monitoring.write') && (
          <div class="actions">
            <button type="button" onClick={() => setAdding(true)}>
              <Icon name="plus" />
              Add host
            </button>
          </div>
        )}
      </div>
      <Loaded from={topology} height={600}>
        {(data) =>
          data.figures.processes === 0 ? (
            <FirstStep onAdd={() => setAdding(true)} />
          ) : (
            <Deployment topology={data} query={query} onChanged={topology.reload} />
          )
        }
      </Loaded>
      {adding && may('monitoring.write') && <AddHostDialog onClose={() => setAdding(false)} />}
    </>
  );
}

interface DeploymentProps {
  readonly topology: TopologyAnswer;
  readonly query: URLSearchParams;
  readonly onChanged: () => void;
}

function Deployment({ topology, query, onChanged }: DeploymentProps) {
  const { groupId } = useGroup();
  const rules = useResource<AlertRule[]>(`/groups/${groupId}/alert-rules`).data;
  const windows = useWindows(groupId);
  const backups = useBackupsById(groupId);
  const table = query.get('view') === 'table';
  const filter = query.get('filter') ?? '';
  return (
    <>
      <Verdict topology={topology} backups={backups} onChanged={onChanged} />
      <Figures topology={topology} />
      <div class="bar-tools">
        <FilterBox value={filter} />
        <span class="seg" role="group" aria-label="View">
          <button type="button" aria-pressed={!table} onClick={() => setQuery('view', null)}>
            Picture
          </button>
          <button type="button" aria-pressed={table} onClick={() => setQuery('view', 'table')}>
            Table
          </button>
        </span>
        <span class="end sub">Problems first</span>
      </div>
      <BackupsContext.Provider value={backups}>
        <WindowsContext.Provider value={windows}>
          <Content topology={topology} filter={filter} table={table} limitMs={lagLimit(rules)} />
        </WindowsContext.Provider>
      </BackupsContext.Provider>
      <RecentEvents />
    </>
  );
}

interface ContentProps {
  readonly topology: TopologyAnswer;
  readonly filter: string;
  readonly table: boolean;
  readonly limitMs: number | null;
}

function Content({ topology, filter, table, limitMs }: ContentProps) {
  const rows = useMemo(() => (table ? rowsOf(topology, filter) : []), [topology, filter, table]);
  const blocks = useMemo(() => (table ? [] : blocksOf(topology, filter)), [topology, filter, table]);
  if (rows.length === 0 && blocks.length === 0) {
    return (
      <div class="card empty" role="status">
        <p>No process matches “{filter}”.</p>
        <button type="button" onClick={() => setQuery('filter', null)}>
          Clear the filter
        </button>
      </div>
    );
  }
  if (table) return <ProcessTable rows={rows} />;
  return (
    <NearList items={blocks} keyOf={(block) => block.key} estimate={heightOf}>
      {(block) => <BlockCard block={block} limitMs={limitMs} />}
    </NearList>
  );
}

function BlockCard({ block, limitMs }: { readonly block: Block; readonly limitMs: number | null }) {
  if (block.kind === 'cluster') return <ClusterCard cluster={block.cluster} />;
  if (block.kind === 'set') return <SetCard set={block.set} limitMs={limitMs} />;
  return <StandaloneCard members={block.members} />;
}

/** Kept in the address a moment after the last letter, so that typing is not slowed. */
function FilterBox({ value }: { readonly value: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => setQuery('filter', text), 150);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <FilterInput
      placeholder="Filter: name, version, state"
      label="Filter by name, version or state"
      value={text}
      onText={setText}
    />
  );
}

function heightOf(block: Block): number {
  if (block.kind === 'cluster') return 180 + Math.ceil(block.cluster.shards.length / 3) * 170;
  const members = block.kind === 'set' ? block.set.members.length : block.members.length;
  return 170 + Math.ceil(members / 3) * 128;
}

function lagLimit(rules: readonly AlertRule[] | undefined): number | null {
  const limits = (rules ?? []).flatMap(({ enabled, condition }) =>
    enabled && condition.kind === 'lagAbove' ? [condition.seconds * 1000] : [],
  );
  return limits.length === 0 ? null : Math.min(...limits);
}
