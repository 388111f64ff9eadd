import type { Download } from '../../../wire/api/downloads.ts';
import { Shape } from '../../components/status.tsx';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { agentWords } from './agent-words.ts';

/** Whether the agent of a link has reported, and what comes after. */
export function FirstReport({ download }: { readonly download: Download }) {
  const { groupId } = useGroup();
  const { name, next } = agentWords[download.kind];
  if (download.agent === null) {
    return (
      <div class="verdict" role="status">
        <Shape health="busy" />
        <h2>Waiting for the first report of the {name}</h2>
        <p>
          {download.downloads === 0
            ? 'The archive was not fetched yet.'
            : 'The archive was fetched. The agent reports some seconds after its start.'}{' '}
          This turns green by itself.
        </p>
      </div>
    );
  }
  const { kind, hostname } = download.agent;
  const oneIsMissing = download.kind === 'both' && new Set(download.agents.map((agent) => agent.kind)).size < 2;
  return (
    <div class="verdict good" role="status">
      <Shape health="ok" />
      <h2>
        {download.kind === 'both' && !oneIsMissing ? (
          <>Both agents report, the first one from {hostname}</>
        ) : (
          <>
            The {agentWords[kind].name} on {hostname} reports
          </>
        )}
      </h2>
      <p>{oneIsMissing ? 'The other agent of the archive has not reported yet.' : next}</p>
      <div class="actions">
        {download.kind !== 'backup' ? (
          <a class="button primary" href={`${groupPath(groupId)}?add`}>
            Add the first host
          </a>
        ) : (
          <a class="button primary" href={groupPath(groupId, 'backups')}>
            Open the backups
          </a>
        )}
      </div>
    </div>
  );
}
