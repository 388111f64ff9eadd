import type { InstanceSettingsStore } from '../../server/instance-settings/ports.ts';
import type { SqlDatabase } from './database.ts';
import { bytes, text, upsert } from './metadata-row.ts';

/** The instance's settings in SQLite; the schema is in instance-migrations.ts. */
export function createInstanceStore(database: SqlDatabase): InstanceSettingsStore {
  return {
    async section(name) {
      const [row] = await database.read('SELECT value, secrets FROM instance_settings WHERE section = ?', [name]);
      return row === undefined ? undefined : { value: text(row, 'value'), sealedSecrets: bytes(row, 'secrets') };
    },
    async saveSection(name, { value, sealedSecrets }) {
      await database.write([upsert('instance_settings', { section: name, value, secrets: sealedSecrets })]);
    },
  };
}
