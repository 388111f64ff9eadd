import { useState } from 'preact/hooks';
import type { NewAgentKeyAnswer } from '../../../../wire/api/access.ts';
import type { ServerInfo } from '../../../../wire/api/groups.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { Command } from '../../../components/command.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Shape } from '../../../components/status.tsx';
import { useResource } from '../../../resource.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';

/** No backup agent reports: what it is, and the lines that start one, with a key if wished. */
export function AgentStep({ lost }: { readonly lost: boolean }) {
  const { groupId, may } = useGroup();
  const server = useResource<ServerInfo>('/server').data;
  const [key, setKey] = useState<string | null>(null);
  const make = useAction(async () => {
    const body = { name: `backup agent ${new Date().toISOString().slice(0, 10)}`, scope: 'backup' };
    setKey((await send<NewAgentKeyAnswer>('POST', `/groups/${groupId}/keys`, body)).secret);
  });
  const lines = [
    'umask 077',
    `cat > backup-agent.config <<'END'`,
    `serverUrl = ${server?.publicUrl ?? location.origin}`,
    `groupId = ${groupId}`,
    `apiKey = ${key ?? 'KEY'}`,
    'END',
    'leafward backup-agent --settings backup-agent.config',
  ];
  return (
    <section class="card" aria-label="Start a backup agent">
      <header>
        <Shape health={lost ? 'bad' : 'unknown'} />
        <h2>{lost ? 'No backup agent is in touch' : 'No backup agent runs yet'}</h2>
      </header>
      <div class="body form">
        <p>
          {lost
            ? 'Nothing new is captured. Look at its machine, or start one elsewhere: it takes over at the place that was reached.'
            : 'The backup agent reads your members and sends blocks and oplog here, outbound only. Start it on a machine that reaches them; a second one takes over within 30 s when the first dies.'}
        </p>
        {may('group.own') && (
          <div class="buttons">
            <a class="button primary" href={`${groupPath(groupId, 'settings', 'download')}?agent=backup`}>
              Download the backup agent
            </a>
            <span class="help">An archive with its settings filled in.</span>
          </div>
        )}
        <p>{may('group.own') ? 'Or, where leafward is there already:' : 'Where leafward is there already:'}</p>
        <Command text={lines.join('\n')} label="Copy the lines" />
        {make.error !== null && <ErrorBox error={make.error} />}
        {key === null ? (
          <div class="buttons">
            {may('group.own') && (
              <button type="button" disabled={make.busy} onClick={() => make.run()}>
                Make a key for it
              </button>
            )}
            <span class="help">
              KEY is an agent key for backup agents; <a href={groupPath(groupId, 'settings', 'keys')}>Settings, Keys</a>{' '}
              lists them. Where MongoDB has logins, add mongodbUsername and mongodbPassword.
            </span>
          </div>
        ) : (
          <p class="help" role="status">
            The key stands in the lines above, and is shown this once. Where MongoDB has logins, add mongodbUsername and
            mongodbPassword.
          </p>
        )}
      </div>
    </section>
  );
}
