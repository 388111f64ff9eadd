import type { GroupExposure } from '../../../wire/api/exposure.ts';
import { send } from '../../api.ts';
import { Check } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { counted, shortTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { SettingsForm } from './settings-form.tsx';

/** The group's switch of the check for exposed hosts: what it does, and what it found. */
export function ExposureCard() {
  const { groupId, may, session } = useGroup();
  const zone = useZone();
  const path = `/groups/${groupId}/exposure`;
  const exposure = useResource<GroupExposure>(path, ['hosts']);
  return (
    <Loaded from={exposure} height={300}>
      {(data) => (
        <SettingsForm
          title="Exposed hosts"
          note={data.enabled && data.allowed ? 'switched on' : 'switched off'}
          disabled={!may('group.own')}
          save={async (values) => {
            await send('PATCH', path, { enabled: values['enabled'] !== undefined });
            exposure.reload();
          }}
        >
          <p>
            The server looks from where it stands whether the hosts of this group can be reached from outside.{' '}
            <b>This is the one connection to hosts that the server itself makes</b>; all else comes from the agents. It
            dials only public addresses of hosts that an agent has polled, sends <code>hello</code> and one{' '}
            <code>listDatabases</code> without a login, and keeps no names.
          </p>
          <Check
            name="enabled"
            label="Look at the hosts of this group"
            checked={data.enabled}
            help="On days 1 and 15 of a month; a host that is found open every 5 minutes until it is closed."
          />
          {!data.allowed && (
            <p class="why">
              The server does not allow it yet.{' '}
              {session.user.administrator ? (
                <a href="/instance/exposure">Allow it under Instance, Exposure check.</a>
              ) : (
                'An administrator allows it under Instance, Exposure check.'
              )}
            </p>
          )}
          {data.nextAtMs !== null && (
            <p class="sub">
              {foundWords(data)} Next look at all: {shortTime(data.nextAtMs, zone)}.
            </p>
          )}
        </SettingsForm>
      )}
    </Loaded>
  );
}

function foundWords({ hosts }: GroupExposure): string {
  if (hosts.length === 0) return 'No host was looked at yet.';
  const answering = hosts.filter(({ severity }) => severity === 'warn' || severity === 'bad' || severity === 'info');
  const looked = `${counted(hosts.length, 'host was', 'hosts were')} looked at:`;
  return answering.length === 0
    ? `${looked} none answers from outside.`
    : `${looked} ${answering.length} ${answering.length === 1 ? 'answers' : 'answer'} from outside.`;
}
