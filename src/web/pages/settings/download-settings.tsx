import { useState } from 'preact/hooks';
import type { Download, NewDownloadAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { Command } from '../../components/command.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill, Shape } from '../../components/status.tsx';
import { ago, counted } from '../../format.ts';
import { type Resource, useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { shellWord } from '../../shell-word.ts';

type Format = 'tar.gz' | 'zip';

/** What every archive unpacks to, whatever its own name. */
const folder = 'leafward-monitoring-agent';
const columns = ['Made', 'State', 'Fetched', 'Agent'];

/** An archive with this group's address and a key of its own inside; the page sees when its agent reports. */
export function DownloadSettings() {
  const { groupId, role } = useGroup();
  const downloads = useResource<Download[]>(`/groups/${groupId}/downloads`, ['downloads', 'agents']);
  const [made, setMade] = useState<NewDownloadAnswer | null>(null);
  const [format, setFormat] = useState<Format>('tar.gz');
  const make = useAction(async () => {
    setMade(await send<NewDownloadAnswer>('POST', `/groups/${groupId}/downloads`));
    downloads.reload();
  });
  const newest = made === null ? undefined : downloads.data?.find(({ id }) => id === made.download.id);
  return (
    <div class="stack">
      <section class="card" aria-label="Download the monitoring agent">
        <header>
          <h2>Monitoring agent</h2>
          <span class="sub">Linux x64, one folder, nothing else to install</span>
        </header>
        <div class="body form">
          <p>
            The archive already holds the address of this server, this group and a key of its own. Run it on any machine
            that reaches your MongoDB hosts; it makes outbound connections only.
          </p>
          <div class="seg" role="group" aria-label="Format">
            {(['tar.gz', 'zip'] as const).map((name) => (
              <button type="button" key={name} aria-pressed={format === name} onClick={() => setFormat(name)}>
                {name}
              </button>
            ))}
          </div>
          {made === null ? (
            <div class="buttons">
              <button
                type="button"
                class="primary"
                disabled={make.busy || role === 'viewer'}
                onClick={() => make.run()}
              >
                Make the download link
              </button>
              <span class="help">It works for 24 h and can be revoked below.</span>
            </div>
          ) : (
            <Lines made={made} format={format} />
          )}
          {make.error !== null && <ErrorBox error={make.error} />}
          {made !== null && <FirstReport download={newest ?? made.download} />}
        </div>
      </section>
      <Links from={downloads} />
    </div>
  );
}

function Lines({ made, format }: { readonly made: NewDownloadAnswer; readonly format: Format }) {
  const url = format === 'zip' ? made.zipUrl : made.tarGzUrl;
  const base = made.fileName.replace(/\.(tar\.gz|zip)$/, '');
  const file = `${base}.${format}`;
  const unpack = format === 'zip' ? `unzip -q ${shellWord(file)}` : `tar -xzf ${shellWord(file)}`;
  const lines = [
    `curl -fSo ${shellWord(file)} ${shellWord(url)}`,
    unpack,
    `cd ${folder}`,
    './leafward monitoring-agent --settings monitoring-agent.config',
  ];
  return (
    <>
      <p>On the agent's machine, as a user without special rights:</p>
      <Command text={lines.join('\n')} label="Copy the lines" />
      <p class="help">
        Or{' '}
        <a href={url} download={file}>
          download {file}
        </a>{' '}
        here. The link holds a key: treat it like a password.{' '}
        {!made.ready && 'The archive is being prepared; the first download may wait some seconds.'}
      </p>
    </>
  );
}

function FirstReport({ download }: { readonly download: Download }) {
  const { groupId } = useGroup();
  if (download.agent === null) {
    return (
      <div class="verdict" role="status">
        <Shape health="busy" />
        <h2>Waiting for the agent's first report</h2>
        <p>
          {download.downloads === 0
            ? 'The archive was not fetched yet.'
            : 'The archive was fetched. The agent reports some seconds after its start.'}{' '}
          This turns green by itself.
        </p>
      </div>
    );
  }
  return (
    <div class="verdict good" role="status">
      <Shape health="ok" />
      <h2>The agent on {download.agent.hostname} reports</h2>
      <p>Next, name one host of your deployment; the agent finds the others.</p>
      <div class="actions">
        <a class="button primary" href={`${groupPath(groupId)}?add`}>
          Add the first host
        </a>
      </div>
    </div>
  );
}

function Links({ from }: { readonly from: Resource<Download[]> }) {
  const { groupId, role } = useGroup();
  const revoke = useAction(async (id: string) => {
    await send('DELETE', `/groups/${groupId}/downloads/${encodeURIComponent(id)}`);
    from.reload();
  });
  return (
    <ListCard
      title="Links"
      note="each with its own key"
      from={from}
      order={(a, b) => b.createdAtMs - a.createdAtMs}
      height={80}
      empty="No link was made yet."
      columns={columns}
      below={revoke.error !== null && <ErrorBox error={revoke.error} />}
    >
      {(download) => (
        <tr>
          <td class="host">{ago(download.createdAtMs)}</td>
          <td data-label="State">{linkState(download)}</td>
          <td data-label="Fetched">{counted(download.downloads, 'time')}</td>
          <td data-label="Agent">
            {download.agent === null ? '–' : <Pill health="ok" word={download.agent.hostname} />}
          </td>
          <td class="acts">
            {role !== 'viewer' && download.revokedAtMs === null && download.expiresAtMs > Date.now() && (
              <RowButton
                word="Revoke"
                of={`the link made ${ago(download.createdAtMs)}`}
                onClick={() => revoke.run(download.id)}
              />
            )}
          </td>
        </tr>
      )}
    </ListCard>
  );
}

function linkState({ revokedAtMs, expiresAtMs }: Download): string {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs <= Date.now() ? 'expired' : `ends ${ago(expiresAtMs)}`;
}
