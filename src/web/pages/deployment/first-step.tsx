import type { Agent } from '../../../wire/api/deployment.ts';
import { Icon } from '../../components/icon.tsx';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';

/** Nothing is watched yet: the one next step. */
export function FirstStep({ onAdd }: { readonly onAdd: () => void }) {
  const { groupId, may } = useGroup();
  const agents = useResource<Agent[]>(`/groups/${groupId}/agents`, ['agents']).data;
  if (agents === undefined) return <div class="waiting" aria-busy="true" style={{ height: '220px' }} />;
  const ready = agents.some(({ kind, role: agentRole }) => kind === 'monitoring' && agentRole !== 'lost');
  if (!may('monitoring.write')) {
    return (
      <div class="card empty big">
        <Icon name="deployment" />
        <h2>Nothing is watched yet</h2>
        <p>
          Clusters and replica sets appear here with every member, live. An owner or monitoring admin of this group adds
          the first host.
        </p>
      </div>
    );
  }
  return (
    <div class="card empty big">
      <Icon name={ready ? 'deployment' : 'agents'} />
      <h2>{ready ? 'The agent is ready. Name one host.' : 'First, an agent'}</h2>
      <p>
        {ready
          ? 'One member of a replica set, or one mongos, is enough: the agent finds all others by itself, and they appear here live.'
          : 'The monitoring agent runs near your MongoDB and reports to this server. The next page makes an archive that needs no further settings, and shows the lines to run.'}
      </p>
      {ready ? (
        <button type="button" class="primary" onClick={onAdd}>
          Add the first host
        </button>
      ) : (
        <a class="button primary" href={groupPath(groupId, 'settings', 'download')}>
          Download the agent
        </a>
      )}
    </div>
  );
}
