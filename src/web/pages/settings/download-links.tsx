import type { Download } from '../../../wire/api/downloads.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { ago, counted } from '../../format.ts';
import type { Resource } from '../../resource.ts';
import { useGroup } from '../../session.ts';

const columns = ['Made', 'For', 'State', 'Fetched', 'Agent'];

/** The links of the group, each with its own key, and what became of them. */
export function DownloadLinks({ from }: { readonly from: Resource<Download[]> }) {
  const { groupId } = useGroup();
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
          <td data-label="For">{download.kind}</td>
          <td data-label="State">{linkState(download)}</td>
          <td data-label="Fetched">{counted(download.downloads, 'time')}</td>
          <td data-label="Agent">
            {download.agent === null ? '–' : <Pill health="ok" word={download.agent.hostname} />}
          </td>
          <td class="acts">
            {download.revokedAtMs === null && download.expiresAtMs > Date.now() && (
              <RowButton
                word="Revoke"
                of={`the link for a ${download.kind} agent made ${ago(download.createdAtMs)}`}
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
