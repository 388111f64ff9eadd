import { clusterReport, type HostRecord, type HostStore, hostReport, setReport } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { bytesOrNull, flag, number, numberOrNull, text, textOrNull, upsert, word } from './metadata-row.ts';

type HostDocument = Awaited<ReturnType<HostStore['documents']>>[number];
const standings = ['watched', 'ignored', 'departed'] as const;
const documentKinds = ['buildInfo', 'cmdLineOpts', 'startupWarnings', 'hostInfo', 'parameters'] as const;

export function createHostStore(database: SqlDatabase): HostStore {
  return {
    async hosts(groupId) {
      const rows = await database.read('SELECT * FROM hosts WHERE group_id = ? ORDER BY added_at_ms, id', [groupId]);
      return rows.map(hostOf);
    },
    async saveHosts(hosts) {
      if (hosts.length > 0) await database.write(hosts.map(saveHost));
    },
    async removeHost(groupId, hostId) {
      await database.write([
        { sql: 'DELETE FROM hosts WHERE group_id = ? AND id = ?', params: [groupId, hostId] },
        { sql: 'DELETE FROM host_documents WHERE group_id = ? AND host_id = ?', params: [groupId, hostId] },
      ]);
    },
    async saveDocuments(groupId, documents) {
      if (documents.length === 0) return;
      await database.write(
        documents.map(({ hostId, kind, atMs, document }) =>
          upsert('host_documents', {
            group_id: groupId,
            host_id: hostId,
            kind,
            at_ms: Math.round(atMs),
            document: JSON.stringify(document) ?? 'null',
          }),
        ),
      );
    },
    async documents(groupId, hostId) {
      const rows = await database.read(
        'SELECT kind, at_ms, document FROM host_documents WHERE group_id = ? AND host_id = ? ORDER BY kind',
        [groupId, hostId],
      );
      return rows.map((row) => documentOf(row, hostId));
    },
    async documentsOfKind(groupId, kind) {
      const rows = await database.read(
        'SELECT host_id, kind, at_ms, document FROM host_documents WHERE group_id = ? AND kind = ?',
        [groupId, kind],
      );
      return rows.map((row) => documentOf(row, text(row, 'host_id')));
    },
    ...viewMethods(database),
  };
}

type ViewMethods = Pick<HostStore, 'sets' | 'clusters' | 'saveViews' | 'removeSet' | 'removeCluster'>;

function viewMethods(database: SqlDatabase): ViewMethods {
  return {
    async sets(groupId) {
      const rows = await database.read('SELECT report, at_ms FROM set_views WHERE group_id = ?', [groupId]);
      return rows.map((row) => ({
        report: setReport.parse(JSON.parse(text(row, 'report'))),
        atMs: number(row, 'at_ms'),
      }));
    },
    async clusters(groupId) {
      const rows = await database.read('SELECT report, at_ms FROM cluster_views WHERE group_id = ?', [groupId]);
      return rows.map((row) => ({
        report: clusterReport.parse(JSON.parse(text(row, 'report'))),
        atMs: number(row, 'at_ms'),
      }));
    },
    async saveViews(groupId, atMs, sets, clusters) {
      const common = { group_id: groupId, at_ms: Math.round(atMs) };
      const statements = [
        ...sets.map((set) =>
          upsert('set_views', { ...common, replica_set_id: set.replicaSetId, report: JSON.stringify(set) }),
        ),
        ...clusters.map((cluster) =>
          upsert('cluster_views', { ...common, cluster_id: cluster.clusterId, report: JSON.stringify(cluster) }),
        ),
      ];
      if (statements.length > 0) await database.write(statements);
    },
    async removeSet(groupId, replicaSetId) {
      await database.write([
        { sql: 'DELETE FROM set_views WHERE group_id = ? AND replica_set_id = ?', params: [groupId, replicaSetId] },
      ]);
    },
    async removeCluster(groupId, clusterId) {
      await database.write([
        { sql: 'DELETE FROM cluster_views WHERE group_id = ? AND cluster_id = ?', params: [groupId, clusterId] },
      ]);
    },
  };
}

function documentOf(row: SqlRow, hostId: string): HostDocument {
  return {
    hostId,
    kind: word(row, 'kind', documentKinds),
    atMs: number(row, 'at_ms'),
    document: JSON.parse(text(row, 'document')) as unknown,
  };
}

function saveHost(host: HostRecord): SqlStatement {
  return upsert('hosts', {
    group_id: host.groupId,
    id: host.id,
    host: host.host,
    connect_to: host.connectTo,
    aliases: JSON.stringify(host.aliases),
    tls: host.tls === null ? null : Number(host.tls),
    seed: Number(host.seed),
    standing: host.standing,
    added_at_ms: Math.round(host.addedAtMs),
    credentials: host.credentials,
    username: host.username,
    auth_source: host.authSource,
    replica_set_id: host.replicaSetId,
    cluster_id: host.clusterId,
    shard_name: host.shardName,
    tags: JSON.stringify(host.tags),
    first_sample_at_ms: host.firstSampleAtMs === null ? null : Math.round(host.firstSampleAtMs),
    last_sample_at_ms: host.lastSampleAtMs === null ? null : Math.round(host.lastSampleAtMs),
    report: host.report === null ? null : JSON.stringify(host.report),
  });
}

function hostOf(row: SqlRow): HostRecord {
  const report = textOrNull(row, 'report');
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    host: text(row, 'host'),
    connectTo: textOrNull(row, 'connect_to'),
    aliases: words(row, 'aliases'),
    tls: row['tls'] === null ? null : flag(row, 'tls'),
    seed: flag(row, 'seed'),
    standing: word(row, 'standing', standings),
    addedAtMs: number(row, 'added_at_ms'),
    credentials: bytesOrNull(row, 'credentials'),
    username: textOrNull(row, 'username'),
    authSource: textOrNull(row, 'auth_source'),
    replicaSetId: textOrNull(row, 'replica_set_id'),
    clusterId: textOrNull(row, 'cluster_id'),
    shardName: textOrNull(row, 'shard_name'),
    tags: words(row, 'tags'),
    firstSampleAtMs: numberOrNull(row, 'first_sample_at_ms'),
    lastSampleAtMs: numberOrNull(row, 'last_sample_at_ms'),
    report: report === null ? null : hostReport.parse(JSON.parse(report)),
  };
}

function words(row: SqlRow, column: string): readonly string[] {
  const list: unknown = JSON.parse(text(row, column));
  return Array.isArray(list) ? list.map(String) : [];
}
