/**
 * Raw names that Leafward itself adds to what MongoDB reports, all gauges. The agent computes them from one reply, so
 * that both sides of a difference are of the same moment. NaN (no value) when unknown, never zero instead.
 *
 * Names of the slower collections: `dbStats.<db>.<field>`, `collStats.<db>.<collection>.<field>` (what `$collStats`
 * returns) and `indexStats.<db>.<collection>.<index>.accesses.ops`; each of <db>, <collection> and <index> is one part
 * ("." as "%2E").
 */
export const derivedMetrics = {
  /** The primary's applied optime minus this member's, minus its configured delay, in ms. Unknown without a primary. */
  lagMs: 'leafward.replication.lagMs',
  /** The window of the primary's oplog minus this member's lag, in ms: how long it may still fall behind. */
  headroomMs: 'leafward.replication.headroomMs',
  /** Newest minus oldest entry of this member's own oplog, in ms. */
  oplogWindowMs: 'leafward.oplog.windowMs',
  /** How long the poll that made this sample took, in ms. */
  pollMs: 'leafward.poll.durationMs',
  /** Clock of the host minus clock of the agent, in ms. */
  clockSkewMs: 'leafward.poll.clockSkewMs',
  /** Of the agent's own process, on the agent's stream. CPU in percent of one core. */
  agentCpuPercent: 'leafward.agent.cpuPercent',
  agentRssBytes: 'leafward.agent.rssBytes',
  agentRssAnonBytes: 'leafward.agent.rssAnonBytes',
  agentOutboxSamples: 'leafward.agent.outboxSamples',
  agentOutboxBytes: 'leafward.agent.outboxBytes',
  agentHosts: 'leafward.agent.hosts',
} as const;
