import { useState } from 'preact/hooks';
import type { AgentKind } from '../../../wire/api/access.ts';
import type { Download, NewDownloadAnswer } from '../../../wire/api/downloads.ts';
import { send } from '../../api.ts';
import { type Action, useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { useResource } from '../../resource.ts';
import { setQuery, useAddress } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { agentWords } from './agent-words.ts';
import { DownloadLines } from './download-lines.tsx';
import { DownloadLinks } from './download-links.tsx';
import { FirstReport } from './first-report.tsx';

const formats = ['tar.gz', 'zip'] as const;

/** An archive with this group's address and a key of its own inside; the page sees when its agent reports. */
export function DownloadSettings() {
  const { groupId, role } = useGroup();
  const kind: AgentKind = useAddress().query.get('agent') === 'backup' ? 'backup' : 'monitoring';
  const isOwner = role === 'owner';
  const path = `/groups/${groupId}/downloads`;
  const downloads = useResource<Download[]>(isOwner ? path : null, ['downloads', 'agents']);
  // Both stay: an address is shown this once, and a look at the other agent must not lose it.
  const [allMade, setAllMade] = useState<Partial<Record<AgentKind, NewDownloadAnswer>>>({});
  const make = useAction(async (agent: AgentKind) => {
    const answer = await send<NewDownloadAnswer>('POST', path, { agent });
    setAllMade((before) => ({ ...before, [agent]: answer }));
    downloads.reload();
  });
  const [format, setFormat] = useState<(typeof formats)[number]>('tar.gz');
  const made = allMade[kind];
  const newest = downloads.data?.find(({ id }) => id === made?.download.id);
  return (
    <div class="stack">
      <section class="card" aria-label={`Download the ${agentWords[kind].name}`}>
        <header>
          <h2>Download an agent</h2>
          <span class="sub">Linux x64, one folder, nothing else to install</span>
        </header>
        <div class="body form">
          <div class="buttons">
            <AgentChoice kind={kind} />
            <div class="seg" role="group" aria-label="Format">
              {formats.map((name) => (
                <button type="button" key={name} aria-pressed={format === name} onClick={() => setFormat(name)}>
                  {name}
                </button>
              ))}
            </div>
          </div>
          <p>{agentWords[kind].about}</p>
          {made === undefined ? (
            <Offer kind={kind} format={format} make={make} />
          ) : (
            <DownloadLines kind={kind} made={made} format={format} />
          )}
          {make.error !== null && <ErrorBox error={make.error} />}
          {made !== undefined && <FirstReport download={newest ?? made.download} />}
        </div>
      </section>
      {isOwner && <DownloadLinks from={downloads} />}
    </div>
  );
}

function AgentChoice({ kind }: { readonly kind: AgentKind }) {
  return (
    <div class="seg" role="group" aria-label="Agent">
      <button type="button" aria-pressed={kind === 'monitoring'} onClick={() => setQuery('agent', null)}>
        Monitoring agent
      </button>
      <button type="button" aria-pressed={kind === 'backup'} onClick={() => setQuery('agent', 'backup')}>
        Backup agent
      </button>
    </div>
  );
}

interface OfferProps {
  readonly kind: AgentKind;
  readonly format: string;
  readonly make: Action<[AgentKind]>;
}

function Offer({ kind, format, make }: OfferProps) {
  const { role } = useGroup();
  const blank = `leafward-${kind}-agent.${format}`;
  return (
    <>
      <div class="buttons">
        <button type="button" class="primary" disabled={make.busy || role !== 'owner'} onClick={() => make.run(kind)}>
          Make the download link
        </button>
        <span class="help">
          {role === 'owner'
            ? 'It works for 24 h and can be revoked below.'
            : 'It holds a key, so only an owner of the group makes one.'}
        </span>
      </div>
      <p class="help">
        For Ansible, Puppet or sed:{' '}
        <a href={`/settings/${blank}`} download={blank}>
          {blank}
        </a>{' '}
        has placeholders where address, group and key belong.
      </p>
    </>
  );
}
