import type { Agent } from '../../wire/api/deployment.ts';
import { counted } from '../format.ts';
import { useResource } from '../resource.ts';
import { groupPath } from '../router.ts';
import { useGroup } from '../session.ts';
import { Shape } from './status.tsx';

const addressPages = ['group', 'download'];

/**
 * What the owner should mend about the server's address. That only this machine reaches it matters where an agent for
 * another machine is prepared; elsewhere nothing is said of it while reader and agents are all on this machine.
 */
export function Warnings({ parts }: { readonly parts: readonly string[] }) {
  const { session, groupId } = useGroup();
  const agents = useResource<Agent[]>(`/groups/${groupId}/agents`, ['agents', 'topology']).data;
  const [first, tab = 'group'] = parts;
  const asked = first === 'settings' && addressPages.includes(tab);
  const together = isLoopback(location.hostname) && new Set(agents?.map(({ hostname }) => hostname)).size <= 1;
  const shown = session.warnings.filter((warning) => asked || !together || !namesLoopback(warning));
  if (shown.length === 0 || !session.user.administrator) return null;
  return (
    <aside class="notice" aria-label={counted(shown.length, 'thing to mend', 'things to mend')}>
      <Shape health="warn" />
      <p>
        {shown.map((warning) => (
          <span key={warning}>{warning} </span>
        ))}
        {!(asked && tab === 'group') && <a href={groupPath(groupId, 'settings', 'group')}>Change the address</a>}
      </p>
    </aside>
  );
}

function namesLoopback(warning: string): boolean {
  const url = /https?:\/\/[^\s,]+/.exec(warning)?.[0];
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed !== null && isLoopback(parsed.hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
