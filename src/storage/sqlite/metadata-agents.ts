import { AppError } from '../../runtime/errors.ts';
import type { AgentKind, AgentRecord, AgentStore, Lease } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { flag, number, numberOrNull, text, upsert, word } from './metadata-row.ts';

const kinds = ['monitoring', 'backup'] as const;

export function createAgentStore(database: SqlDatabase): AgentStore {
  const lease = async (groupId: string, kind: AgentKind): Promise<Lease | undefined> => {
    const [row] = await database.read('SELECT * FROM leases WHERE group_id = ? AND kind = ?', [groupId, kind]);
    return row === undefined ? undefined : leaseOf(row);
  };
  return {
    async agents(groupId) {
      const rows = await database.read('SELECT * FROM agents WHERE group_id = ? ORDER BY first_seen_at_ms, id', [
        groupId,
      ]);
      return rows.map(agentOf);
    },
    async saveAgent(agent) {
      await database.write([upsert('agents', columnsOf(agent))]);
    },
    async removeAgent(groupId, agentId) {
      await database.write([{ sql: 'DELETE FROM agents WHERE group_id = ? AND id = ?', params: [groupId, agentId] }]);
    },
    lease,
    async acquireLease(groupId, kind, holder, nowMs, leaseMs) {
      const [result] = await database.write([
        {
          sql: `INSERT INTO leases (group_id, kind, holder, epoch, expires_at_ms) VALUES (?1, ?2, ?3, 1, ?5)
                ON CONFLICT (group_id, kind) DO UPDATE SET
                  epoch = epoch + (holder <> excluded.holder), holder = excluded.holder, expires_at_ms = excluded.expires_at_ms
                WHERE holder = excluded.holder OR expires_at_ms <= ?4 RETURNING *`,
          params: [groupId, kind, holder, Math.round(nowMs), Math.round(nowMs + leaseMs)],
        },
      ]);
      const taken = result?.rows[0];
      if (taken !== undefined) return leaseOf(taken);
      const other = await lease(groupId, kind);
      if (other === undefined)
        throw new AppError('CONFLICT', 'the lease went away while it was asked for', { retryable: true });
      return other;
    },
    async releaseLease(groupId, kind, holder) {
      await database.write([
        {
          sql: 'UPDATE leases SET expires_at_ms = 0 WHERE group_id = ? AND kind = ? AND holder = ?',
          params: [groupId, kind, holder],
        },
      ]);
    },
  };
}

function leaseOf(row: SqlRow): Lease {
  return { holder: text(row, 'holder'), epoch: number(row, 'epoch'), expiresAtMs: number(row, 'expires_at_ms') };
}

function columnsOf(agent: AgentRecord) {
  return {
    group_id: agent.groupId,
    id: agent.id,
    kind: agent.kind,
    key_id: agent.keyId,
    instance_id: agent.instanceId,
    hostname: agent.hostname,
    version: agent.version,
    target: agent.target,
    public_key: agent.publicKey,
    approved: agent.approved ? 1 : 0,
    first_seen_at_ms: Math.round(agent.firstSeenAtMs),
    last_seen_at_ms: Math.round(agent.lastSeenAtMs),
    started_at_ms: agent.startedAtMs === null ? null : Math.round(agent.startedAtMs),
    duplicate_at_ms: agent.duplicateAtMs === null ? null : Math.round(agent.duplicateAtMs),
    cpu_percent: agent.cpuPercent,
    rss_bytes: agent.rssBytes,
    outbox_samples: agent.outboxSamples,
    outbox_bytes: agent.outboxBytes,
  };
}

function agentOf(row: SqlRow): AgentRecord {
  return {
    groupId: text(row, 'group_id'),
    id: text(row, 'id'),
    kind: word(row, 'kind', kinds),
    keyId: text(row, 'key_id'),
    instanceId: text(row, 'instance_id'),
    hostname: text(row, 'hostname'),
    version: text(row, 'version'),
    target: text(row, 'target'),
    publicKey: text(row, 'public_key'),
    approved: flag(row, 'approved'),
    firstSeenAtMs: number(row, 'first_seen_at_ms'),
    lastSeenAtMs: number(row, 'last_seen_at_ms'),
    startedAtMs: numberOrNull(row, 'started_at_ms'),
    duplicateAtMs: numberOrNull(row, 'duplicate_at_ms'),
    cpuPercent: numberOrNull(row, 'cpu_percent'),
    rssBytes: numberOrNull(row, 'rss_bytes'),
    outboxSamples: numberOrNull(row, 'outbox_samples'),
    outboxBytes: numberOrNull(row, 'outbox_bytes'),
  };
}
