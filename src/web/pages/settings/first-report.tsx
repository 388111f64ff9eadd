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
  return (
    <div class="verdict good" role="status">
      <Shape health="ok" />
      <h2>
        The {name} on {download.agent.hostname} reports
      </h2>
      <p>{next}</p>
      <div class="actions">
        {download.kind === 'monitoring' ? (
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
