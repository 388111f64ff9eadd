import { useEffect, useRef } from 'preact/hooks';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { AlertSettings } from './alert-settings.tsx';
import { DownloadSettings } from './download-settings.tsx';
import { GroupSettings } from './group-settings.tsx';
import { HostSettings } from './host-settings.tsx';
import { KeySettings } from './key-settings.tsx';
import { type SettingsTab, settingsTabs } from './settings-tabs.ts';
import { StorageSettings } from './storage-settings.tsx';

export function SettingsPage({ tab }: { readonly tab: SettingsTab }) {
  const { groupId, groupName } = useGroup();
  const tabs = useRef<HTMLElement>(null);
  // On a phone the tabs are wider than the screen.
  useEffect(() => tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [tab]);
  return (
    <>
      <div class="page-head">
        <h1>Settings</h1>
        <span class="sub clip">{groupName}</span>
      </div>
      <nav class="tabs" aria-label="Settings" ref={tabs}>
        {settingsTabs.map(([name, word]) => (
          <a key={name} href={groupPath(groupId, 'settings', name)} aria-current={name === tab ? 'page' : undefined}>
            {word}
          </a>
        ))}
      </nav>
      {tab === 'group' && <GroupSettings />}
      {tab === 'hosts' && <HostSettings />}
      {tab === 'keys' && <KeySettings />}
      {tab === 'download' && <DownloadSettings />}
      {tab === 'alerts' && <AlertSettings />}
      {tab === 'storage' && <StorageSettings />}
    </>
  );
}
