import type { AgentKey, ApiToken, NewAgentKeyAnswer, NewApiTokenAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { SecretList } from './secret-list.tsx';

/** Keys of agents and tokens of scripts. */
export function KeySettings() {
  const { groupId } = useGroup();
  const keys = useResource<AgentKey[]>(`/groups/${groupId}/keys`, ['agents', 'downloads']);
  const tokens = useResource<ApiToken[]>(`/groups/${groupId}/tokens`);
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
      <SecretList
        title="API tokens"
        note="for scripts, sent as Authorization: Bearer"
        empty="A token reads this group through the API, or changes it, as its roles allow."
        from={tokens}
        choice={{
          label: 'Role',
          name: 'role',
          options: [
            ['readOnly', 'reads all but documents'],
            ['monitoringAdmin', 'hosts and alerts'],
            ['backupAdmin', 'backups and their settings'],
            ['dataAccess', 'documents of backups, restores'],
            ['owner', 'everything'],
          ],
        }}
        second={(token) => token.roles.join(', ')}
        secretNote="Send it as the header Authorization: Bearer TOKEN."
        revokeNote="Scripts with this token are turned away at once."
        make={async ({ name, role }) =>
          (await send<NewApiTokenAnswer>('POST', `/groups/${groupId}/tokens`, { name, roles: [role] })).secret
        }
        revoke={(id) => send('DELETE', `/groups/${groupId}/tokens/${encodeURIComponent(id)}`)}
      />
    </div>
  );
}
