import { type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import { buildInfo } from '../runtime/build-info.ts';
import type { MongodbCredentials } from '../wire/agent-messages.ts';
import { mongoError } from './mongo-error.ts';
import { readableErrors, readErrors } from './readable-errors.ts';

export interface HostConnection {
  /** Name by which people know the host, for messages. */
  readonly host: string;
  /** Where to dial; default: `host`. */
  readonly connectTo?: string | undefined;
  readonly tls: boolean;
  readonly tlsCaFile?: string | undefined;
  readonly tlsCertificateKeyFile?: string | undefined;
  readonly tlsCertificateKeyFilePassword?: string | undefined;
  /** The CA is checked, the name is not. */
  readonly tlsAllowInvalidHostnames?: boolean;
  readonly credentials?: MongodbCredentials | undefined;
}

/** The driver's own look at the host: only for its state machine, since every poll is a look already. */
const heartbeatMs = 60_000;

/** One host, one client: the poll's connection and, when a slow loop runs at the same time, one more. */
export class HostClient {
  readonly host: string;
  readonly #connection: HostConnection;
  readonly #client: MongoClient;

  constructor(connection: HostConnection, deadlineMs: number) {
    this.host = connection.host;
    this.#connection = connection;
    this.#client = new MongoClient(`mongodb://${connection.connectTo ?? connection.host}/`, {
      ...clientOptions(connection),
      ...readableErrors,
      serverSelectionTimeoutMS: deadlineMs,
      connectTimeoutMS: deadlineMs - 200,
      // A hung host must give its connection back.
      socketTimeoutMS: Math.max(30_000, deadlineMs * 2),
      waitQueueTimeoutMS: deadlineMs,
    });
    readErrors(this.#client);
  }

  /** Runs a command that reads. With `raw`, inner documents come as Buffers. @throws AppError */
  async command(
    database: string,
    command: Document,
    options: { readonly raw?: boolean; readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<Document> {
    const { raw = false, deadlineMs, signal } = options;
    // Later than the driver's own deadline for finding the host, whose error tells the reason.
    const late = AbortSignal.timeout(deadlineMs + 500);
    try {
      return await this.#client.db(database).command(command, {
        raw,
        readPreference: 'primaryPreferred',
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw mongoError(thrown, this.host, this.#connection);
    }
  }

  /** All documents of a cursor command's first batch; the batch is asked large enough to be the only one. */
  async firstBatch(database: string, command: Document, deadlineMs: number, signal: AbortSignal): Promise<Document[]> {
    const reply = await this.command(database, command, { deadlineMs, signal });
    const cursor: unknown = reply['cursor'];
    if (typeof cursor !== 'object' || cursor === null || !('firstBatch' in cursor)) return [];
    return Array.isArray(cursor.firstBatch) ? cursor.firstBatch : [];
  }

  async close(): Promise<void> {
    await this.#client.close(true);
  }
}

/** The driver's options for one host, its deadlines left out. */
export function clientOptions(connection: HostConnection): MongoClientOptions {
  return {
    appName: `leafward ${buildInfo.version}`,
    directConnection: true,
    maxPoolSize: 2,
    minPoolSize: 0,
    maxIdleTimeMS: 600_000,
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: heartbeatMs,
    retryReads: false,
    retryWrites: false,
    monitorCommands: false,
    ...tlsOptions(connection),
    ...loginOptions(connection),
  };
}

function tlsOptions(connection: HostConnection): MongoClientOptions {
  const { tls, tlsCaFile, tlsCertificateKeyFile, tlsCertificateKeyFilePassword, tlsAllowInvalidHostnames } = connection;
  if (!tls) return {};
  return {
    tls: true,
    ...(tlsCaFile === undefined ? {} : { tlsCAFile: tlsCaFile }),
    ...(tlsCertificateKeyFile === undefined ? {} : { tlsCertificateKeyFile }),
    ...(tlsCertificateKeyFilePassword === undefined ? {} : { tlsCertificateKeyFilePassword }),
    ...(tlsAllowInvalidHostnames === true ? { tlsAllowInvalidHostnames } : {}),
  };
}

function loginOptions({ credentials }: HostConnection): MongoClientOptions {
  if (credentials === undefined) return {};
  const { username, password, authSource, authMechanism } = credentials;
  return {
    ...(username === '' ? {} : { auth: { username, ...(password === '' ? {} : { password }) } }),
    authSource,
    ...(authMechanism === undefined ? {} : { authMechanism }),
  };
}
