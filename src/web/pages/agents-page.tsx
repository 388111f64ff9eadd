import { useState } from 'preact/hooks';
import type { Agent } from '../../wire/api/deployment.ts';
import { send } from '../api.ts';
import { useAction } from '../components/action.ts';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { ErrorBox } from '../components/error-box.tsx';
import { Icon } from '../components/icon.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pill, StatusPill } from '../components/status.tsx';
import { WhyNot } from '../components/why-not.tsx';
import { ago, counted, duration, figure, fullTime, size, whole } from '../format.ts';
import { useResource } from '../resource.ts';
import { groupPath } from '../router.ts';
import { useGroup } from '../session.ts';
import { useClock, useZone } from '../zone.ts';

/** The agents of the group: who polls, who stands by, and whether they are well themselves. */
export function AgentsPage() {
  const { groupId, may } = useGroup();
  const agents = useResource<Agent[]>(`/groups/${groupId}/agents`, ['agents', 'topology']);
  return (
    <>
      <div class="page-head">
        <h1>Agents</h1>
        {agents.data !== undefined && agents.data.length > 0 && (
          <span class="sub">{counted(agents.data.length, 'agent')}</span>
        )}
        {may('monitoring.write') && (
          <div class="actions">
            <a class="button" href={groupPath(groupId, 'settings', 'download')}>
              Download an agent
            </a>
          </div>
        )}
      </div>
      <Loaded from={agents} height={220}>
        {(list) =>
          list.length === 0 ? (
            <NoAgents />
          ) : (
            list.map((agent) => <AgentCard key={agent.id} agent={agent} onChanged={agents.reload} />)
          )
        }
      </Loaded>
    </>
  );
}

function AgentCard({ agent, onChanged }: { readonly agent: Agent; readonly onChanged: () => void }) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const [removing, setRemoving] = useState(false);
  const path = `/groups/${groupId}/agents/${encodeURIComponent(agent.id)}`;
  const approve = useAction(async () => {
    await send('POST', `${path}/approve`);
    onChanged();
  });
  return (
    <section class="card agent" aria-label={`Agent on ${agent.hostname}`}>
      <header>
        <h2 class="clip" title={agent.hostname}>
          {agent.hostname}
        </h2>
        <span class={agent.role === 'active' ? 'role primary' : 'role'}>{agent.role}</span>
        <StatusPill status={agent.status} boxed />
        <span class="end">
          <span>
            {agent.kind} agent {agent.version}, {agent.target}
          </span>
        </span>
      </header>
      <dl class="facts-row">
        <Fact name="Last contact" value={ago(agent.lastSeenAtMs, now)} title={fullTime(agent.lastSeenAtMs, zone)} />
        <Fact name="Hosts" value={whole(agent.hosts)} />
        <Fact
          name="CPU"
          value={agent.cpuPercent === null ? '–' : figure(agent.cpuPercent, 'percent').join(' ')}
          title="of one core"
        />
        <Fact name="Memory" value={size(agent.rssBytes)} />
        {agent.kind === 'monitoring' && (
          <Fact
            name="Outbox"
            value={agent.outboxSamples === null ? '–' : outbox(agent)}
            title="Samples that wait for the server"
          />
        )}
        <Fact name="Sent" value={size(agent.sentBytes ?? null)} title="To the server, since it was started" />
        {agent.polls != null && <Fact name="Polls" value={polls(agent)} title="Of hosts, since it was started" />}
        <Fact name="Up" value={agent.startedAtMs === null ? '–' : duration(Math.max(1000, now - agent.startedAtMs))} />
        <Fact name="Key" value={agent.keyName} />
      </dl>
      {agent.duplicate && (
        <div class="notice inside">
          <Pill health="warn" word="Two processes run with this identity" />
          <p>
            Probably the state directory was copied with a machine. Stop one of them, or give it its own empty state
            directory.
          </p>
        </div>
      )}
      {!agent.approved && (
        <div class="notice inside">
          <Pill health="unknown" word="Not approved for passwords" />
          <p>
            MongoDB passwords that were typed on these pages go to approved agents only. Approve it if you started it
            and know this machine.
          </p>
          {may('group.own') ? (
            <button type="button" disabled={approve.busy} onClick={() => approve.run()}>
              Approve <span class="clip">{agent.hostname}</span>
            </button>
          ) : (
            <WhyNot permission="group.own" what="approve it" />
          )}
        </div>
      )}
      {approve.error !== null && <ErrorBox error={approve.error} />}
      {agent.role === 'lost' && may('monitoring.write') && (
        <footer>
          <span>Lost for {duration(now - agent.lastSeenAtMs)}. If the machine is gone for good, remove it here.</span>
          <button type="button" class="danger end" onClick={() => setRemoving(true)}>
            Remove
          </button>
        </footer>
      )}
      {removing && (
        <ConfirmDialog
          title="Remove the agent"
          text="It leaves the list. Its key stays valid: revoke that under Settings, Keys. An agent that still runs comes back by itself."
          name={agent.hostname}
          verb="Remove the agent"
          act={async () => {
            await send('DELETE', path);
            onChanged();
          }}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  );
}

function outbox(agent: Agent): string {
  const samples = agent.outboxSamples ?? 0;
  return samples === 0 ? 'empty' : `${counted(samples, 'sample')}, ${size(agent.outboxBytes)}`;
}

function polls({ polls: all, failedPolls }: Agent): string {
  return `${whole(all ?? 0)}${failedPolls ? `, ${whole(failedPolls)} failed` : ''}`;
}

function Fact({ name, value, title }: { readonly name: string; readonly value: string; readonly title?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{value}</dd>
    </div>
  );
}

function NoAgents() {
  const { groupId } = useGroup();
  return (
    <div class="card empty big">
      <Icon name="agents" />
      <h2>No agent has reported yet</h2>
      <p>
        An agent polls your MongoDB and sends what it measures here, outbound only. A second one on another machine
        takes over within 30 s when the first dies.
      </p>
      <a class="button primary" href={groupPath(groupId, 'settings', 'download')}>
        Download the agent
      </a>
    </div>
  );
}
