import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { Loaded } from '../../../components/loaded.tsx';
import { Missing } from '../../../components/missing.tsx';
import { StatusPill } from '../../../components/status.tsx';
import { counted } from '../../../format.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { setAddress, useBackup } from '../use-backups.ts';

const tabs = [
  ['', 'Timeline', 'group.read'],
  ['restore', 'Restore', 'data.read'],
  ['explore', 'Time travel', 'data.read'],
  ['settings', 'Schedule and limits', 'group.read'],
] as const;

interface SetFrameProps {
  readonly setId: string;
  readonly tab: string;
  readonly children: (set: BackupSet, reload: () => void) => ComponentChildren;
}

/** What the pages of one set have in common: its name, its state, and the ways between them. */
export function SetFrame({ setId, tab, children }: SetFrameProps) {
  const { groupId, may } = useGroup();
  const set = useBackup(groupId, setId);
  const here = tabs.some(([name]) => name === tab) ? tab : '';
  const bar = useRef<HTMLElement>(null);
  // On a phone the tabs are wider than the screen.
  useEffect(() => bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [here]);
  if (set.data === undefined && set.error?.status === 404) {
    return (
      <Missing
        title="No such replica set"
        why="It is not watched in this group, or its backups were deleted, or the address is not complete."
        to={groupPath(groupId, 'backups')}
        word="Open the backups"
      />
    );
  }
  return (
    <>
      <div class="page-head">
        <h1>{set.data?.name ?? 'Backup'}</h1>
        {set.data !== undefined && (
          <>
            <StatusPill status={set.data.status} boxed />
            <span class="sub clip" title={set.data.hosts.join(', ')}>
              {counted(set.data.hosts.length, 'member')}
              {set.data.member !== null && `, read from ${set.data.member}`}
            </span>
          </>
        )}
      </div>
      <nav class="tabs" aria-label="Backup of this set" ref={bar}>
        {tabs
          .filter(([, , permission]) => may(permission))
          .map(([name, word]) => (
            <a key={name} href={setAddress(groupId, setId, name)} aria-current={name === here ? 'page' : undefined}>
              {word}
            </a>
          ))}
      </nav>
      <Loaded from={set} height={480}>
        {(data) => children(data, set.reload)}
      </Loaded>
    </>
  );
}
