import { readSettings, type SettingsOf, type SettingsTable } from '../runtime/settings.ts';
import type { Flags } from './commands.ts';

/** Reads an agent's settings by its table. */
export function readAgentFile<T extends SettingsTable>(table: T, flags: Flags): SettingsOf<T> {
  const file = typeof flags['settings'] === 'string' ? flags['settings'] : undefined;
  return readSettings(table, { ...(file === undefined ? {} : { file }), flags, env: process.env });
}
