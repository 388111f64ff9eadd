import { useEffect, useState } from 'preact/hooks';
import type { NewRestoreLinkAnswer, RestoreLink } from '../../../../wire/api/backup-reading.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { Command } from '../../../components/command.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { RowButton } from '../../../components/row-button.tsx';
import { Pill, type ShapeKind } from '../../../components/status.tsx';
import { ago, shortTime, size } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { setQuery } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import type { WayProps } from './by-command.tsx';

const pollMs = 1500;

/** A link that streams an archive once; the exact line to copy is shown once, its state goes on below. */
export function ByLink({ set, moment, namespaces, documents, query }: WayProps) {
  const { groupId, may } = useGroup();
  const path = `${setPath(groupId, set.replicaSetId)}/restore-links`;
  const links = useResource<RestoreLink[]>(path, ['backups']);
  const [made, setMade] = useState<NewRestoreLinkAnswer | null>(null);
  const tar = query.get('format') === 'tar';
  const make = useAction(async () => {
    const { namespace, filter } = documents;
    const what = filter === null ? { namespaces } : { selection: { namespace, filter } };
    const body = { ...moment, format: tar ? 'tar' : 'archive', ...what };
    setMade(await send<NewRestoreLinkAnswer>('POST', path, body));
    links.reload();
  });
  // A line for another moment would be a trap.
  const wish = JSON.stringify([moment, namespaces, documents.filter, tar]);
  useEffect(() => setMade(null), [wish]);
  const open = links.data?.some(({ state }) => state === 'waiting' || state === 'running') === true;
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => !document.hidden && links.reload(), pollMs);
    return () => clearInterval(timer);
  }, [open, links.reload]);
  return (
    <>
      <p>
        For the tools you have: this server streams what was there at that moment, and needs no disk space for it. One
        transfer at a time, an hour to begin, used up when it completes.
        {documents.filter !== null && ' Only the documents that fit; mongorestore keeps those that the target has.'}
      </p>
      <span class="seg" role="group" aria-label="Format">
        <button type="button" aria-pressed={!tar} onClick={() => setQuery('format', null)}>
          Archive for mongorestore
        </button>
        <button type="button" aria-pressed={tar} onClick={() => setQuery('format', 'tar')}>
          tar of BSON files
        </button>
      </span>
      {made === null ? (
        <div class="buttons">
          <button type="button" class="primary" disabled={make.busy || !may('data.read')} onClick={() => make.run()}>
            {make.busy ? 'Making the link' : 'Make the link'}
          </button>
          {!may('data.read') && (
            <span class="help">Somebody with the role owner or data access makes it: it holds all the data.</span>
          )}
        </div>
      ) : (
        <>
          <Command text={made.command} label="Copy the line" />
          <p class="help" role="status">
            The link is shown this once. Whoever has it has the data: treat it like a password.
          </p>
        </>
      )}
      {make.error !== null && <ErrorBox error={make.error} />}
      <Loaded from={links} height={60}>
        {(list) => (list.length === 0 ? null : <Links links={list} path={path} made={made} onChanged={links.reload} />)}
      </Loaded>
    </>
  );
}

interface LinksProps {
  readonly links: readonly RestoreLink[];
  readonly path: string;
  readonly made: NewRestoreLinkAnswer | null;
  readonly onChanged: () => void;
}

function Links({ links, path, made, onChanged }: LinksProps) {
  const { may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const revoke = useAction(async (id: string) => {
    await send('DELETE', `${path}/${encodeURIComponent(id)}`);
    onChanged();
  });
  return (
    <>
      <h3>Links</h3>
      <ul class="links" aria-label="Restore links">
        {links
          .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
          .map((link) => (
            <li key={link.id} class={link.id === made?.link.id ? 'mine' : undefined}>
              <Pill health={shapes[link.state]} word={words[link.state]} />
              <span class="what">
                {`as of ${shortTime(Number(link.optime.ts.split(':', 1)[0]) * 1000, zone, now)}, ${link.format}, `}
                {whatWords(link)}
                <span class="sub"> {progressWords(link, now)}</span>
              </span>
              {(link.state === 'waiting' || link.state === 'running') && may('data.read') && (
                <RowButton
                  word="Revoke"
                  of={`the link made ${ago(link.createdAtMs, now)}`}
                  busy={revoke.busy}
                  onClick={() => revoke.run(link.id)}
                />
              )}
            </li>
          ))}
      </ul>
      {revoke.error !== null && <ErrorBox error={revoke.error} />}
    </>
  );
}

function whatWords({ selection, namespaces }: RestoreLink): string {
  if (selection !== null) return `documents of ${selection.namespace}`;
  return namespaces.length === 0 ? 'everything' : namespaces.join(', ');
}

const words: Readonly<Record<RestoreLink['state'], string>> = {
  waiting: 'Waiting',
  running: 'Running',
  used: 'Used',
  expired: 'Expired',
  revoked: 'Revoked',
  failed: 'Failed',
};
const shapes: Readonly<Record<RestoreLink['state'], ShapeKind>> = {
  waiting: 'unknown',
  running: 'busy',
  used: 'ok',
  expired: 'off',
  revoked: 'off',
  failed: 'bad',
};

function progressWords(
  { state, sentBytes, contentBytes, attempts, expiresAtMs, createdAtMs, selection }: RestoreLink,
  now: number,
): string {
  const tries = attempts > 1 ? `, attempt ${attempts} of 3` : '';
  switch (state) {
    case 'waiting':
      return `must begin ${ago(expiresAtMs, now)}${tries}`;
    case 'running':
      // How much fits a filter is not known before all was looked at.
      return selection === null
        ? `${size(sentBytes)} sent, of ${size(contentBytes)} before compression${tries}`
        : `${size(sentBytes)} sent${tries}`;
    case 'used':
      return `${size(sentBytes)} sent, made ${ago(createdAtMs, now)}`;
    case 'failed':
      return `after ${size(sentBytes)}${tries}: what was restored by it is not whole`;
    default:
      return `made ${ago(createdAtMs, now)}`;
  }
}
