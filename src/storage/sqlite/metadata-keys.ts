import { role } from '../../server/access/ports.ts';
import type { AgentKeyRecord, ApiTokenRecord, KeyStore } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { bytes, flag, number, numberOrNull, text, textOrNull, upsert, word, words } from './metadata-row.ts';

const scopes = ['monitoring', 'backup', 'both'] as const;
type Table = 'agent_keys' | 'api_tokens';

export function createKeyStore(database: SqlDatabase): KeyStore {
  const one = async (table: Table, id: string): Promise<SqlRow | undefined> =>
    (await database.read(`SELECT * FROM ${table} WHERE id = ?`, [id]))[0];
  const ofGroup = (table: Table, groupId: string): Promise<readonly SqlRow[]> =>
    database.read(`SELECT * FROM ${table} WHERE group_id = ? ORDER BY created_at_ms DESC, id`, [groupId]);
  return {
    async addAgentKey(key) {
      await database.write([
        upsert('agent_keys', { ...secretColumns(key), scope: key.scope, sealed: key.sealed ? 1 : 0 }),
      ]);
    },
    async agentKey(id) {
      const row = await one('agent_keys', id);
      return row === undefined ? undefined : agentKeyOf(row);
    },
    agentKeys: async (groupId) => (await ofGroup('agent_keys', groupId)).map(agentKeyOf),
    revokeAgentKey: (groupId, id, atMs) => revoke(database, 'agent_keys', groupId, id, atMs),
    async unsealAgentKey(id) {
      await database.write([{ sql: 'UPDATE agent_keys SET sealed = 0 WHERE id = ?', params: [id] }]);
    },
    async touchAgentKey(id, atMs) {
      await database.write([{ sql: 'UPDATE agent_keys SET last_used_at_ms = ? WHERE id = ?', params: [atMs, id] }]);
    },
    async addApiToken(token) {
      await database.write([
        upsert('api_tokens', {
          ...secretColumns(token),
          roles: token.roles.join(','),
          expires_at_ms: token.expiresAtMs,
          addresses: token.addresses.join(' '),
          last_used_address: token.lastUsedAddress,
          made_by: token.madeBy,
        }),
      ]);
    },
    async apiToken(id) {
      const row = await one('api_tokens', id);
      return row === undefined ? undefined : apiTokenOf(row);
    },
    apiTokens: async (groupId) => (await ofGroup('api_tokens', groupId)).map(apiTokenOf),
    revokeApiToken: (groupId, id, atMs) => revoke(database, 'api_tokens', groupId, id, atMs),
    async touchApiToken(id, atMs, address) {
      await database.write([
        {
          sql: 'UPDATE api_tokens SET last_used_at_ms = ?, last_used_address = ? WHERE id = ?',
          params: [atMs, address, id],
        },
      ]);
    },
  };
}

async function revoke(
  database: SqlDatabase,
  table: Table,
  groupId: string,
  id: string,
  atMs: number,
): Promise<boolean> {
  const [result] = await database.write([
    {
      sql: `UPDATE ${table} SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE group_id = ? AND id = ?`,
      params: [atMs, groupId, id],
    },
  ]);
  return result?.changes === 1;
}

function secretColumns(secret: AgentKeyRecord | ApiTokenRecord) {
  return {
    id: secret.id,
    group_id: secret.groupId,
    name: secret.name,
    hash: secret.hash,
    created_at_ms: secret.createdAtMs,
    last_used_at_ms: secret.lastUsedAtMs,
    revoked_at_ms: secret.revokedAtMs,
  };
}

function secretOf(row: SqlRow) {
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    name: text(row, 'name'),
    hash: bytes(row, 'hash'),
    createdAtMs: number(row, 'created_at_ms'),
    lastUsedAtMs: numberOrNull(row, 'last_used_at_ms'),
    revokedAtMs: numberOrNull(row, 'revoked_at_ms'),
  };
}

function agentKeyOf(row: SqlRow): AgentKeyRecord {
  return { ...secretOf(row), scope: word(row, 'scope', scopes), sealed: flag(row, 'sealed') };
}

function apiTokenOf(row: SqlRow): ApiTokenRecord {
  return {
    ...secretOf(row),
    roles: words(row, 'roles', role.options),
    expiresAtMs: numberOrNull(row, 'expires_at_ms'),
    addresses: text(row, 'addresses')
      .split(' ')
      .filter((one) => one !== ''),
    lastUsedAddress: textOrNull(row, 'last_used_address'),
    madeBy: textOrNull(row, 'made_by'),
  };
}
