import type { TopologyMember, TopologySet } from '../../../wire/api/deployment.ts';
import { StatusPill } from '../../components/status.tsx';
import { counted } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { LagLine } from './lag-line.tsx';
import { MemberCard } from './member-card.tsx';
import { Restorable } from './restorable.tsx';
import { SetSilence } from './set-silence.tsx';

/** A replica set: its state, the lag line, and a card per member. */
export function SetCard({ set, limitMs }: { readonly set: TopologySet; readonly limitMs: number | null }) {
  const { groupId } = useGroup();
  return (
    <section class="card" aria-label={`Replica set ${set.name}`}>
      <header>
        <h2>{set.name}</h2>
        <span class="sub">replica set, {counted(set.members.length, 'member')}</span>
        <StatusPill status={set.status} boxed />
        <span class="end">
          <Versions versions={set.versions} />
          <Restorable replicaSetId={set.replicaSetId} />
          <SetSilence replicaSetId={set.replicaSetId} name={set.name} />
          <a href={`${groupPath(groupId, 'compare')}?set=${encodeURIComponent(set.replicaSetId)}`}>Compare members</a>
        </span>
      </header>
      <div class="body">
        <LagLine set={set} limitMs={limitMs} />
        <div class="members">
          {set.members.map((member, at) => (
            <MemberCard key={member.host} member={member} order={at + 1} />
          ))}
        </div>
      </div>
    </section>
  );
}

export function Versions({ versions }: { readonly versions: readonly string[] }) {
  if (versions.length === 0) return null;
  return <span>MongoDB {versions.join(', ')}</span>;
}

/** Processes that belong to no set. */
export function StandaloneCard({ members }: { readonly members: readonly TopologyMember[] }) {
  return (
    <section class="card" aria-label="Single processes">
      <header>
        <h2>Single processes</h2>
        <span class="sub">{counted(members.length, 'process', 'processes')} outside of any replica set</span>
      </header>
      <div class="body">
        <div class="members">
          {members.map((member) => (
            <MemberCard key={member.host} member={member} order={null} />
          ))}
        </div>
      </div>
    </section>
  );
}
