import type { IdentityStore } from '../../server/sign-in/ports.ts';
import type { SqlDatabase } from './database.ts';
import { text, upsert } from './metadata-row.ts';

export function createIdentityStore(database: SqlDatabase): IdentityStore {
  return {
    async identity(provider, subject) {
      const [row] = await database.read('SELECT user_id FROM sign_in_identities WHERE provider = ? AND subject = ?', [
        provider,
        subject,
      ]);
      return row === undefined ? undefined : text(row, 'user_id');
    },
    async saveIdentity(provider, subject, userId, atMs) {
      const columns = { provider, subject, user_id: userId, linked_at_ms: Math.round(atMs) };
      await database.write([upsert('sign_in_identities', columns)]);
    },
  };
}
