import type { Permission } from '../../../wire/api/access.ts';

/** Address, word, and what one must be allowed to see it. */
export const settingsTabs = [
  ['group', 'Group', 'group.read'],
  ['members', 'Members', 'group.own'],
  ['hosts', 'Hosts', 'group.read'],
  ['keys', 'Keys', 'group.own'],
  ['tokens', 'Tokens', 'group.own'],
  ['download', 'Download', 'group.read'],
  ['alerts', 'Alert rules', 'group.read'],
  ['notifiers', 'Notifiers', 'monitoring.write'],
  ['maintenance', 'Maintenance', 'group.read'],
  ['storage', 'Storage', 'group.read'],
  ['audit', 'Audit log', 'group.own'],
] as const satisfies readonly (readonly [name: string, word: string, permission: Permission])[];
export type SettingsTab = (typeof settingsTabs)[number][0];
