export const settingsTabs = [
  ['group', 'Group'],
  ['hosts', 'Hosts'],
  ['keys', 'Keys'],
  ['download', 'Download'],
  ['alerts', 'Alert rules'],
  ['storage', 'Storage'],
] as const;
export type SettingsTab = (typeof settingsTabs)[number][0];
