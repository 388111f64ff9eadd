import type { KnownNetworkStore } from '../../server/access/ports.ts';
import type { SqlDatabase } from './database.ts';

const kept = 8;

export function createKnownNetworkStore(database: SqlDatabase): KnownNetworkStore {
  return {
    async knowsNetwork(login, network, sinceMs) {
      const rows = await database.read(
        'SELECT 1 FROM known_networks WHERE login = ? AND network = ? AND last_ms >= ?',
        [login, network, sinceMs],
      );
      return rows.length > 0;
    },
    async rememberNetwork(login, network, atMs) {
      await database.write([
        {
          sql: `INSERT INTO known_networks (login, network, last_ms) VALUES (?, ?, ?)
                ON CONFLICT (login, network) DO UPDATE SET last_ms = excluded.last_ms`,
          params: [login, network, atMs],
        },
        {
          sql: `DELETE FROM known_networks WHERE login = ? AND network NOT IN
                (SELECT network FROM known_networks WHERE login = ? ORDER BY last_ms DESC, network LIMIT ${kept})`,
          params: [login, login],
        },
      ]);
    },
    async forgetNetworks(beforeMs) {
      await database.write([{ sql: 'DELETE FROM known_networks WHERE last_ms < ?', params: [beforeMs] }]);
    },
  };
}
