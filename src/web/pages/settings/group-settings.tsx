import type { Group, ServerInfo } from '../../../wire/api/groups.ts';
import { send } from '../../api.ts';
import { Check, Field, Select } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { WhyNot } from '../../components/why-not.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { ExposureCard } from './exposure-card.tsx';
import { SettingsForm } from './settings-form.tsx';

const intervals = [
  ['1000', '1 s'],
  ['2000', '2 s'],
  ['5000', '5 s'],
  ['10000', '10 s'],
  ['30000', '30 s'],
  ['60000', '1 min'],
  ['300000', '5 min'],
] as const;

/** Name and pace of the group, and the address of the server. */
export function GroupSettings() {
  const { groupId, may, session, refresh } = useGroup();
  const group = useResource<Group>(`/groups/${groupId}`);
  const server = useResource<ServerInfo>('/server');
  return (
    <>
      <WhyNot permission="group.own" what="change these settings" />
      <div class="grid2">
        <Loaded from={group} height={360}>
          {(data) => (
            <SettingsForm
              title="Group"
              disabled={!may('group.own')}
              save={async (values) => {
                await send('PATCH', `/groups/${groupId}`, {
                  name: values['name'],
                  intervalMs: Number(values['intervalMs']),
                  collectDatabases: values['collectDatabases'] !== undefined,
                  collectCollections: values['collectCollections'] !== undefined,
                  secondFactorRequired: values['secondFactorRequired'] !== undefined,
                });
                group.reload();
                refresh();
              }}
            >
              <Field label="Name" name="name" value={data.name} required />
              <Select
                label="Sample every"
                name="intervalMs"
                value={String(data.intervalMs)}
                options={intervalOptions(data.intervalMs)}
              />
              <Check
                name="collectDatabases"
                label="Sizes of databases"
                checked={data.collectDatabases}
                help="dbStats, in a slow loop."
              />
              <Check
                name="collectCollections"
                label="Sizes of collections and use of indexes"
                checked={data.collectCollections}
                help="The largest ones; at most 1% of the time of a host."
              />
              <Check
                name="secondFactorRequired"
                label="Members need a second factor"
                checked={data.secondFactorRequired}
                help="Who has none sees nothing of this group before one is set up. A sign-in by OIDC counts as one."
              />
            </SettingsForm>
          )}
        </Loaded>
        <Loaded from={server} height={240}>
          {(data) => (
            <SettingsForm
              title="Server"
              note={`version ${data.version}, ${data.tls ? 'TLS' : 'no TLS'}`}
              disabled={!session.user.administrator}
              save={async ({ publicUrl }) => {
                await send('PATCH', '/server', { publicUrl });
                server.reload();
                refresh();
              }}
            >
              <Field
                label="Address of this server"
                name="publicUrl"
                type="url"
                value={data.publicUrl}
                required
                help={
                  data.publicUrl === location.origin
                    ? 'Agents, links and archives use it. It is the one you have open now.'
                    : `Agents, links and archives use it. You have ${location.origin} open now.`
                }
              />
              {!session.user.administrator && <p class="why">An administrator of the server changes it.</p>}
            </SettingsForm>
          )}
        </Loaded>
        <ExposureCard />
      </div>
    </>
  );
}

function intervalOptions(current: number): readonly (readonly [string, string])[] {
  if (intervals.some(([ms]) => ms === String(current))) return intervals;
  return [[String(current), `${current / 1000} s`], ...intervals];
}
