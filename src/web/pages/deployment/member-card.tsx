import type { TopologyMember } from '../../../wire/api/deployment.ts';
import { Spark } from '../../components/spark.tsx';
import { StatusPill } from '../../components/status.tsx';
import { duration, figure, shortDuration, shortHost, whole } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { ordClass } from './lag-line.tsx';

/** One member or process: who and how it is, its main figure with the last hour, and four facts. */
export function MemberCard({ member, order }: { readonly member: TopologyMember; readonly order: number | null }) {
  const { groupId } = useGroup();
  const { health } = member.status;
  const trouble = health === 'warn' || health === 'bad' ? health : undefined;
  const [digits, unit] = mainFigure(member);
  const body = (
    <>
      <span class="who">
        {order !== null && <span class={ordClass(member)}>{order}</span>}
        <b title={member.host}>{shortHost(member.host)}</b>
        <Role member={member} />
        <StatusPill status={member.status} />
      </span>
      <span>
        <span class="sub small">{showsLag(member) ? 'Lag' : 'Operations'}</span>
        <br />
        <span class="big">
          {digits} <span class="unit">{unit}</span>
        </span>
      </span>
      <Spark values={member.spark} health={trouble} label={`Operations of ${shortHost(member.host)}, last hour`} />
      <Facts member={member} />
    </>
  );
  const name = `member ${trouble ?? ''}`;
  if (member.hostId === null) return <div class={name}>{body}</div>;
  return (
    <a class={name} href={groupPath(groupId, 'hosts', member.hostId)}>
      {body}
    </a>
  );
}

export function Role({ member }: { readonly member: TopologyMember }) {
  const word = member.delaySeconds > 0 ? `delayed ${shortDuration(member.delaySeconds * 1000)}` : member.role;
  if (word === '' || word === 'unknown' || word.startsWith('(')) return null;
  return <span class={member.role === 'primary' ? 'role primary' : 'role'}>{word}</span>;
}

function Facts({ member }: { readonly member: TopologyMember }) {
  const facts: [string, string | null][] = [
    ['Connections', member.connections === null ? null : whole(member.connections)],
    ['Cache', percent(member.cachePercent)],
    ['Disk', percent(member.diskPercent)],
    [
      'Up',
      member.startedAtMs === null || member.status.health === 'bad'
        ? null
        : duration(Math.max(1000, Date.now() - member.startedAtMs)),
    ],
  ];
  return (
    <span class="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <span key={name}>
              {name} <b>{value}</b>
            </span>
          ),
      )}
      {facts.every(([, value]) => value === null) && <span>{member.status.detail ?? 'No figures yet'}</span>}
    </span>
  );
}

function showsLag(member: TopologyMember): boolean {
  return member.lagMs !== null && member.role !== 'primary';
}

function mainFigure(member: TopologyMember): readonly [string, string] {
  if (!showsLag(member)) return figure(member.operationsPerSecond, 'per second');
  const words = duration(member.lagMs ?? 0);
  const cut = words.lastIndexOf(' ');
  return [words.slice(0, cut), words.slice(cut + 1)];
}

function percent(value: number | null): string | null {
  return value === null ? null : `${Math.round(value)}%`;
}
