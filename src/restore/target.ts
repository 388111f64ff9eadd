import { BSON, type Db, type Document, MongoClient, MongoServerError } from 'mongodb';
import { readableErrors, readErrors } from '../deployment/readable-errors.ts';
import { buildInfo } from '../runtime/build-info.ts';
import { AppError } from '../runtime/errors.ts';
import { redact } from '../runtime/redact.ts';
import { restorePatience, retry } from '../runtime/retry.ts';
import { targetError } from './target-error.ts';
import { waitingReason } from './waiting-reason.ts';

/** What a restore must know of the deployment that it writes to. */
export interface TargetFacts {
  /** For messages: the address without credentials. */
  readonly host: string;
  /** `6.0.5` */
  readonly version: string;
  /** `6.0`; null when the user may not read it. */
  readonly featureCompatibilityVersion: string | null;
  readonly maxWireVersion: number;
  /** Null: a standalone mongod. */
  readonly setName: string | null;
  readonly replicaSetId: string | null;
  /** It was started with --configsvr. */
  readonly isConfigServer: boolean;
}

export interface TargetSettings {
  readonly uri: string;
  /** Commands under way at once. */
  readonly connections: number;
  readonly signal: AbortSignal;
  /** Told when a command is tried again after a connection was lost. */
  readonly onRetry?: (reason: string) => void;
}

const commandDeadlineMs = 120_000;

/** The mongod or replica set that a restore writes to: finds its primary again after an election, and tries again what passes. */
export class Target implements AsyncDisposable {
  readonly facts: TargetFacts;
  readonly #client: MongoClient;
  readonly #settings: TargetSettings;
  readonly #stopped = new AbortController();
  /** Aborts when the restore must end, or has failed. */
  readonly signal: AbortSignal;

  private constructor(client: MongoClient, facts: TargetFacts, settings: TargetSettings) {
    this.#client = client;
    this.facts = facts;
    this.#settings = settings;
    this.signal = AbortSignal.any([settings.signal, this.#stopped.signal]);
  }

  /** @throws INPUT_INVALID, MONGODB_…, TARGET_REFUSED (mongos, a secondary) */
  static async open(settings: TargetSettings): Promise<Target> {
    const client = makeClient(settings);
    try {
      return new Target(client, await readFacts(client, settings.signal), settings);
    } catch (thrown) {
      await client.close();
      throw targetError(thrown, hostsOf(client));
    }
  }

  get client(): MongoClient {
    return this.#client;
  }

  /** Ends all commands that are under way; nothing can be done with it any more. */
  stop(reason: unknown): void {
    this.#stopped.abort(reason);
  }

  database(name: string): Db {
    return this.#client.db(name);
  }

  /** Runs a command on the primary, again when the reason of a failure passes. @throws AppError; of a refusal the cause is the server's error */
  command(database: string, command: Document, deadlineMs = commandDeadlineMs): Promise<Document> {
    return this.attempt((signal) => this.database(database).command({ ...command }, { signal }), deadlineMs);
  }

  /** The same for work that can be done again. */
  attempt<T>(work: (signal: AbortSignal) => Promise<T>, deadlineMs = commandDeadlineMs): Promise<T> {
    const { signal } = this;
    const { onRetry } = this.#settings;
    const once = async (): Promise<T> => {
      const late = AbortSignal.timeout(deadlineMs);
      try {
        return await work(AbortSignal.any([signal, late]));
      } catch (thrown) {
        signal.throwIfAborted();
        if (!late.aborted) throw targetError(thrown, this.facts.host);
        throw new AppError('TIMEOUT', `${this.facts.host} did not answer within ${deadlineMs / 1000} s`, {
          cause: thrown,
          retryable: true,
        });
      }
    };
    return retry(once, {
      ...restorePatience,
      signal,
      onRetry: (thrown, _, leftMs) => onRetry?.(waitingReason(thrown, leftMs)),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}

function makeClient({ uri, connections }: TargetSettings): MongoClient {
  try {
    const client = new MongoClient(uri, {
      ...readableErrors,
      appName: `leafward ${buildInfo.version} restore`,
      maxPoolSize: connections + 2,
      serverSelectionTimeoutMS: 10_000,
      connectTimeoutMS: 10_000,
      retryWrites: false,
      retryReads: false,
      readPreference: 'primary',
    });
    readErrors(client);
    return client;
  } catch (cause) {
    const why = redact(cause instanceof Error ? cause.message : String(cause));
    throw new AppError('INPUT_INVALID', `the target's connection string cannot be read: ${why}`, {
      cause,
      hint: 'Expected mongodb://[user:password@]host:port[,host:port…]/[?options].',
    });
  }
}

function hostsOf(client: MongoClient): string {
  return client.options.srvHost ?? client.options.hosts.map(String).join(',');
}

async function readFacts(client: MongoClient, signal: AbortSignal): Promise<TargetFacts> {
  const host = hostsOf(client);
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 }, { signal });
  if (hello['msg'] === 'isdbgrid') {
    throw new AppError('TARGET_REFUSED', `${host} is a mongos: Leafward restores into one replica set at a time`, {
      hint: 'Restore into a replica set of its own, then move the data with the tools of your cluster; or name the primary of one shard.',
    });
  }
  if (hello['isWritablePrimary'] !== true) {
    throw new AppError('TARGET_REFUSED', `${host} is not a primary and takes no writes`, {
      hint: 'Name all members of its replica set, without directConnection, or its primary.',
    });
  }
  const { version } = await admin.command({ buildInfo: 1 }, { signal });
  const parameter = await ifAllowed(admin, { getParameter: 1, featureCompatibilityVersion: 1 }, signal);
  const config = hello['setName'] === undefined ? null : await ifAllowed(admin, { replSetGetConfig: 1 }, signal);
  const replicaSetId: unknown = config?.['config']?.settings?.replicaSetId;
  return {
    host,
    version: String(version),
    featureCompatibilityVersion: parameter?.['featureCompatibilityVersion']?.version ?? null,
    maxWireVersion: Number(hello['maxWireVersion']),
    setName: hello['setName'] ?? null,
    replicaSetId: replicaSetId instanceof BSON.ObjectId ? replicaSetId.toHexString() : null,
    isConfigServer: hello['configsvr'] !== undefined,
  };
}

const unauthorized = 13;

/** Null when the user may not ask. */
async function ifAllowed(admin: Db, command: Document, signal: AbortSignal): Promise<Document | null> {
  try {
    return await admin.command(command, { signal });
  } catch (thrown) {
    if (thrown instanceof MongoServerError && thrown.code === unauthorized) return null;
    throw thrown;
  }
}
