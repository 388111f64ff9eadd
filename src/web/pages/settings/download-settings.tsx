import { useState } from 'preact/hooks';
import type {
  Download,
  DownloadChoices,
  DownloadKind,
  DownloadTarget,
  NewDownloadAnswer,
} from '../../../wire/api/downloads.ts';
import { send } from '../../api.ts';
import { type Action, useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { agentWords } from './agent-words.ts';
import { ChoiceBar } from './download/choice-bar.tsx';
import { DownloadLines } from './download/download-lines.tsx';
import { folderOf } from './download/install-lines.ts';
import { notHere } from './download/not-here.tsx';
import { type Choice, useChoice } from './download/use-choice.ts';
import { DownloadLinks } from './download-links.tsx';
import { FirstReport } from './first-report.tsx';

const noTargets: readonly DownloadTarget[] = [];

/** An archive with this group's address and a key of its own inside; the page sees when its agent reports. */
export function DownloadSettings() {
  const { groupId, may } = useGroup();
  const isOwner = may('group.own');
  const path = `/groups/${groupId}/downloads`;
  const downloads = useResource<Download[]>(isOwner ? path : null, ['downloads', 'agents']);
  const choices = useResource<DownloadChoices>(`/groups/${groupId}/download-choices`, []);
  const choice = useChoice(choices.data?.targets.map(({ target }) => target) ?? noTargets);
  // All stay: an address is shown this once, and a look at the other agent must not lose it.
  const [allMade, setAllMade] = useState<Partial<Record<DownloadKind, NewDownloadAnswer>>>({});
  const make = useAction(async (agent: DownloadKind) => {
    const answer = await send<NewDownloadAnswer>('POST', path, { agent });
    setAllMade((before) => ({ ...before, [agent]: answer }));
    downloads.reload();
  });
  const { kind } = choice;
  const made = allMade[kind];
  const newest = downloads.data?.find(({ id }) => id === made?.download.id);
  return (
    <div class="stack">
      <section class="card" aria-label={`Download the ${agentWords[kind].name}`}>
        <header>
          <h2>Download an agent</h2>
          <span class="sub">one folder, nothing else to install</span>
        </header>
        <div class="body form">
          <Loaded from={choices} height={220}>
            {(found) => (
              <div class="form">
                <ChoiceBar choice={choice} choices={found} />
                {notHere(choice, found) === null && <p>{agentWords[kind].about}</p>}
                {notHere(choice, found) ??
                  (made === undefined ? (
                    <Offer choice={choice} make={make} />
                  ) : (
                    <DownloadLines way={choice.way} input={{ ...choice, made, choices: found }} />
                  ))}
              </div>
            )}
          </Loaded>
          {make.error !== null && <ErrorBox error={make.error} />}
          {made !== undefined && <FirstReport download={newest ?? made.download} />}
        </div>
      </section>
      {isOwner && <DownloadLinks from={downloads} />}
    </div>
  );
}

function Offer({ choice, make }: { readonly choice: Choice; readonly make: Action<[DownloadKind]> }) {
  const { may } = useGroup();
  const { kind, target, format } = choice;
  const blank = `${folderOf(kind)}-${target}.${format}`;
  return (
    <>
      <div class="buttons">
        <button type="button" class="primary" disabled={make.busy || !may('group.own')} onClick={() => make.run(kind)}>
          Make the download link
        </button>
        <span class="help">
          {may('group.own')
            ? 'It works for 24 h, on every platform, and can be revoked below.'
            : 'It holds a key, so only an owner of the group makes one.'}
        </span>
      </div>
      <p class="help">
        For your own automation:{' '}
        <a href={`/settings/${blank}`} download={blank}>
          {blank}
        </a>{' '}
        has placeholders where address, group and key belong, and an address that never changes.
      </p>
    </>
  );
}
