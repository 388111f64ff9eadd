import type { Health, Status } from '../../../wire/api/common.ts';
import type { TopologyCluster, TopologyMember, TopologySet } from '../../../wire/api/deployment.ts';
import { Spark } from '../../components/spark.tsx';
import { Shape, StatusPill } from '../../components/status.tsx';
import { counted, duration, figure, shortHost, size } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { ordClass } from './lag-line.tsx';
import { Role } from './member-card.tsx';
import { Versions } from './set-card.tsx';

/** A sharded cluster: routers and config servers over shards. */
export function ClusterCard({ cluster }: { readonly cluster: TopologyCluster }) {
  const sets = cluster.configSet === null ? cluster.shards : [cluster.configSet, ...cluster.shards];
  const processes = cluster.mongos.length + sets.reduce((sum, set) => sum + set.members.length, 0);
  const versions = [...new Set(sets.flatMap((set) => set.versions))].sort();
  const columns = Math.min(3, cluster.shards.length);
  const shards = worst(cluster.shards);
  const routers = worst(cluster.mongos);
  const hidden = cluster.shards.length - shards.length + cluster.mongos.length - routers.length;
  return (
    <section class="card" aria-label={`Sharded cluster ${cluster.name}`}>
      <header>
        <h2>{cluster.name}</h2>
        <span class="sub">
          sharded cluster, {counted(cluster.shards.length, 'shard')}, {counted(processes, 'process', 'processes')}
        </span>
        <StatusPill status={cluster.status} boxed />
        <span class="end">
          <Versions versions={versions} />
        </span>
      </header>
      <div class="body">
        <div class={`topo columns-${columns}`}>
          <div class="routers">
            {routers.map((router) => (
              <Router key={router.host} member={router} />
            ))}
            {cluster.configSet !== null && <ConfigServers set={cluster.configSet} />}
            {cluster.mongos.length === 0 && <span class="node sub">No mongos found yet</span>}
          </div>
          {columns > 0 && <div class="trunk" aria-hidden="true" />}
          {shards.map((shard, at) => (
            <Shard key={shard.replicaSetId} set={shard} middle={columns !== 2 && at === Math.floor(columns / 2)} />
          ))}
        </div>
        {hidden > 0 && <Hidden count={hidden} cluster={cluster.name} />}
      </div>
    </section>
  );
}

/** The picture shows so many shards and so many routers; the table shows all. */
const mostDrawn = 24;
const urgency: Readonly<Record<Health, number>> = { bad: 0, warn: 1, unknown: 2, ok: 3, off: 4 };

/** All while they are few; else those that need a look first, in their order. */
function worst<T extends { readonly status: Status }>(all: readonly T[]): readonly T[] {
  if (all.length <= mostDrawn) return all;
  return all.toSorted((a, b) => urgency[a.status.health] - urgency[b.status.health]).slice(0, mostDrawn);
}

function Hidden({ count, cluster }: { readonly count: number; readonly cluster: string }) {
  const { groupId } = useGroup();
  return (
    <p class="sub">
      {counted(count, 'more shard or router', 'more shards and routers')} without a problem, or with no greater one:{' '}
      <a href={`${groupPath(groupId)}?filter=${encodeURIComponent(cluster)}&view=table`}>all in the table</a>
    </p>
  );
}

function Router({ member }: { readonly member: TopologyMember }) {
  const { groupId } = useGroup();
  const [digits, unit] = figure(member.operationsPerSecond, 'per second');
  const body = (
    <>
      <span class="pill" title={member.host}>
        <Shape health={member.status.health} />
        <span class="clip">{shortHost(member.host)}</span>
      </span>
      <span class="small sub">{member.operationsPerSecond === null ? member.status.word : `${digits} ${unit}`}</span>
    </>
  );
  if (member.hostId === null) return <span class="node">{body}</span>;
  return (
    <a class="node" href={groupPath(groupId, 'hosts', member.hostId)}>
      {body}
    </a>
  );
}

function ConfigServers({ set }: { readonly set: TopologySet }) {
  const { groupId } = useGroup();
  const healthy = set.members.filter(({ status }) => status.health === 'ok').length;
  return (
    <a class="node" href={`${groupPath(groupId)}?filter=${encodeURIComponent(set.name)}&view=table`}>
      <span class="pill" title={set.name}>
        <Shape health={set.status.health} />
        <span class="clip">{set.name}</span>
      </span>
      <span class="small sub">
        config servers, {healthy} of {set.members.length} healthy
      </span>
    </a>
  );
}

function Shard({ set, middle }: { readonly set: TopologySet; readonly middle: boolean }) {
  const lags = set.members.flatMap(({ lagMs, role }) => (lagMs === null || role === 'primary' ? [] : [lagMs]));
  const notes = [
    set.dataBytes === null ? '' : size(set.dataBytes),
    lags.length === 0 ? '' : `lag ${duration(Math.max(...lags))}`,
  ];
  return (
    <section class={middle ? 'shard mid' : 'shard'} aria-label={`Shard ${set.shardName ?? set.name}`}>
      <header>
        <span class="pill" title={`${set.shardName ?? set.name}: ${set.status.word}`}>
          <Shape health={set.status.health} />
          <span class="clip">{set.shardName ?? set.name}</span>
        </span>
        <span class="end">{notes.filter(Boolean).join(' · ')}</span>
      </header>
      <ul>
        {set.members.map((member, at) => (
          <li key={member.host}>
            <ShardMember member={member} order={at + 1} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ShardMember({ member, order }: { readonly member: TopologyMember; readonly order: number }) {
  const { groupId } = useGroup();
  const [digits, unit] = figure(member.operationsPerSecond, 'per second');
  const body = (
    <>
      <span class={ordClass(member)}>{order}</span>
      <span class="name" title={`${member.host}: ${member.status.word}`}>
        <span>{shortHost(member.host)}</span>
        <Role member={member} />
        {member.status.health !== 'ok' && <Shape health={member.status.health} />}
      </span>
      <Spark
        values={member.spark}
        health={member.status.health === 'warn' || member.status.health === 'bad' ? member.status.health : undefined}
        label={`Operations of ${shortHost(member.host)}, last hour`}
      />
      <span class="num">
        {digits} <span class="unit">{unit}</span>
      </span>
    </>
  );
  if (member.hostId === null) return <span class="row">{body}</span>;
  return (
    <a class="row" href={groupPath(groupId, 'hosts', member.hostId)}>
      {body}
    </a>
  );
}
