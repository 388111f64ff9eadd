import type { Document } from 'mongodb';
import { AppError } from '../runtime/errors.ts';
import { writeBson } from './bson-values.ts';
import type { HostClient } from './connect.ts';
import { findNumber } from './find-bson.ts';

export interface DiagnosticReply {
  /** Raw BSON in the layout of FTDC: serverStatus, replSetGetStatus, local.oplog.rs.stats, systemMetrics. */
  readonly bytes: Buffer;
  /** When the host took it, by its own clock. */
  readonly hostMs: number;
  readonly from: 'diagnostic' | 'commands';
}

/** FTDC's last sample; undefined when it has none (just started, or switched off). @throws MONGODB_PRIVILEGE_MISSING */
export async function getDiagnosticData(
  client: HostClient,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<DiagnosticReply | undefined> {
  const reply = await client.command('admin', { getDiagnosticData: 1 }, { raw: true, deadlineMs, signal });
  const bytes: unknown = reply['data'];
  if (!Buffer.isBuffer(bytes) || bytes.length < 100) return undefined;
  const hostMs = findNumber(bytes, 'start');
  return hostMs === undefined ? undefined : { bytes, hostMs, from: 'diagnostic' };
}

/** The single commands, put together under the names that FTDC uses. */
export async function runSingleCommands(
  client: HostClient,
  withSet: boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<DiagnosticReply> {
  const options = { deadlineMs, signal };
  // As FTDC asks for it, so that the names are the same.
  const command = {
    serverStatus: 1,
    oplog: 1,
    mirroredReads: 1,
    tcmalloc: 1,
    sharding: 0,
    timing: 0,
    defaultRWConcern: 0,
  };
  const serverStatus = withoutEnvelope(await client.command('admin', command, options));
  const sections: Document = { serverStatus };
  if (withSet) {
    const status = await optional(client.command('admin', { replSetGetStatus: 1 }, options));
    if (status !== undefined) sections['replSetGetStatus'] = withoutEnvelope(status);
    const oplog = await optional(client.command('local', { collStats: 'oplog.rs' }, options));
    if (oplog !== undefined) sections['local.oplog.rs.stats'] = withoutEnvelope(oplog);
  }
  const local: unknown = serverStatus['localTime'];
  return {
    bytes: writeBson(sections),
    hostMs: local instanceof Date ? local.getTime() : Date.now(),
    from: 'commands',
  };
}

/** A privilege that is missing costs its section, not the sample. */
async function optional(work: Promise<Document>): Promise<Document | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (
      thrown instanceof AppError &&
      (thrown.code === 'MONGODB_PRIVILEGE_MISSING' || thrown.details['answered'] === true)
    ) {
      return undefined;
    }
    throw thrown;
  }
}

function withoutEnvelope(reply: Document): Document {
  const { $clusterTime: _c, operationTime: _o, ok: _k, $gleStats: _g, lastCommittedOpTime: _l, ...rest } = reply;
  return rest;
}
