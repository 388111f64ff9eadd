import { useEffect, useRef } from 'preact/hooks';
import type { Permission } from '../../../wire/api/access.ts';
import { whyNot } from '../../components/role-words.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { AuditLog } from '../audit/audit-log.tsx';
import { DownloadSettings } from './download-settings.tsx';
import { GroupSettings } from './group-settings.tsx';
import { HostSettings } from './host-settings.tsx';
import { KeySettings } from './key-settings.tsx';
import { MemberSettings } from './members/member-settings.tsx';
import { NotifierSettings } from './notifiers/notifier-settings.tsx';
import { RuleEditor } from './rules/rule-editor.tsx';
import { RuleSettings } from './rules/rule-settings.tsx';
import { type SettingsTab, settingsTabs } from './settings-tabs.ts';
import { StorageSettings } from './storage-settings.tsx';
import { TokenSettings } from './tokens/token-settings.tsx';
import { WindowSettings } from './windows/window-settings.tsx';

interface SettingsPageProps {
  readonly tab: SettingsTab;
  /** What of the tab: the id of a rule, `new`, or empty. */
  readonly detail: string;
  readonly query: URLSearchParams;
}

/** Settings of a group; tabs that this person has no part in are not there. */
export function SettingsPage({ tab, detail, query }: SettingsPageProps) {
  const { groupId, groupName, may, roles } = useGroup();
  const mine = settingsTabs.filter(([, , permission]) => may(permission));
  const allowed = mine.some(([name]) => name === tab);
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
        {mine.map(([name, word]) => (
          <a key={name} href={groupPath(groupId, 'settings', name)} aria-current={name === tab ? 'page' : undefined}>
            {word}
          </a>
        ))}
      </nav>
      {allowed ? (
        <Tab tab={tab} detail={detail} query={query} />
      ) : (
        <p class="card empty">{whyNot(roles, permissionOf(tab), 'see this')}</p>
      )}
    </>
  );
}

function Tab({ tab, detail, query }: SettingsPageProps) {
  const { groupId } = useGroup();
  switch (tab) {
    case 'group':
      return <GroupSettings />;
    case 'members':
      return <MemberSettings />;
    case 'hosts':
      return <HostSettings />;
    case 'keys':
      return <KeySettings />;
    case 'tokens':
      return <TokenSettings />;
    case 'download':
      return <DownloadSettings />;
    case 'alerts':
      return detail === '' ? <RuleSettings /> : <RuleEditor ruleId={detail} query={query} />;
    case 'notifiers':
      return <NotifierSettings />;
    case 'maintenance':
      return <WindowSettings />;
    case 'storage':
      return <StorageSettings />;
    case 'audit':
      return <AuditLog path={`/groups/${groupId}/audit`} query={query} />;
  }
}

function permissionOf(tab: SettingsTab): Permission {
  return settingsTabs.find(([name]) => name === tab)?.[2] ?? 'group.own';
}
