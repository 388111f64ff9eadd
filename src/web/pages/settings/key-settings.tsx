import type { AgentKey, NewAgentKeyAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { SecretList } from './secret-list.tsx';

/** Keys of agents. */
export function KeySettings() {
  const { groupId } = useGroup();
  const keys = useResource<AgentKey[]>(`/groups/${groupId}/keys`, ['agents', 'downloads']);
  return (
    <div class="stack">
      <SecretList
        title="Agent keys"
        note="an agent shows one to belong to this group"
        empty="A download makes its own key. Make one here for settings files that you write yourself."
        from={keys}
        choice={{
          label: 'For',
          name: 'scope',
          options: [
            ['monitoring', 'monitoring agents'],
            ['backup', 'backup agents'],
            ['both', 'both'],
          ],
        }}
        second={(key) => (key.sealed ? `${key.scope}, in an archive not yet used` : key.scope)}
        secretNote="Put it into the agent's settings file as apiKey."
        revokeNote="Agents with this key are turned away at once and say so in their log."
        make={async (body) => (await send<NewAgentKeyAnswer>('POST', `/groups/${groupId}/keys`, body)).secret}
        revoke={(id) => send('DELETE', `/groups/${groupId}/keys/${encodeURIComponent(id)}`)}
      />
    </div>
  );
}
