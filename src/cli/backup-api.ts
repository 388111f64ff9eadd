import type { z } from 'zod';
import { AppError } from '../runtime/errors.ts';
import type { SettingsOf } from '../runtime/settings.ts';
import { type BackupOperation, type BackupSet, backupOperation, backupsAnswer } from '../wire/api/backups.ts';
import { ServerClient } from '../wire/client.ts';
import type { apiSettings } from './api-settings.ts';
import { tellOfTokenEnd } from './token-end.ts';

const requestMs = 90_000;
const pollSeconds = 20;
/** Where somebody looks on. */
const shortPollSeconds = 2;

/** The API's routes of backups, for one group. */
export class BackupApi {
  readonly #client: ServerClient;
  readonly #group: string;
  readonly #signal: AbortSignal;

  constructor(settings: SettingsOf<typeof apiSettings>, signal: AbortSignal) {
    const { apiToken, ...rest } = settings;
    this.#client = new ServerClient({ ...rest, apiKey: apiToken, env: process.env, onTokenExpiring: tellOfTokenEnd() });
    this.#group = `/api/v1/groups/${encodeURIComponent(settings.groupId)}`;
    this.#signal = signal;
  }

  get<S extends z.ZodType>(path: string, answer: S): Promise<z.output<S>> {
    return this.#client.request({ path: this.#group + path, answer, timeoutMs: requestMs, signal: this.#signal });
  }

  post<S extends z.ZodType>(path: string, answer: S, body: object = {}): Promise<z.output<S>> {
    return this.#client.request({
      path: this.#group + path,
      answer,
      body: Buffer.from(JSON.stringify(body)),
      plain: true,
      headers: { 'content-type': 'application/json' },
      timeoutMs: requestMs,
      signal: this.#signal,
    });
  }

  sets(): Promise<readonly BackupSet[]> {
    return this.get('/backups', backupsAnswer);
  }

  /** By id or by name. @throws NOT_FOUND, and CONFLICT where several sets have the name */
  async set(nameOrId: string): Promise<BackupSet> {
    const sets = await this.sets();
    const byId = sets.find(({ replicaSetId }) => replicaSetId === nameOrId);
    if (byId !== undefined) return byId;
    const [found, ...others] = sets.filter(({ name }) => name === nameOrId);
    if (found === undefined) {
      const names = sets.map(({ name }) => name).join(', ');
      throw new AppError('NOT_FOUND', `the group has no replica set ${nameOrId}`, {
        hint: names === '' ? 'Monitoring has found none yet: look at the Deployment page.' : `It has ${names}.`,
      });
    }
    if (others.length > 0) {
      const ids = [found, ...others].map(({ replicaSetId, hosts }) => `${replicaSetId} (${hosts.join(', ')})`);
      throw new AppError('CONFLICT', `${ids.length} replica sets are called ${nameOrId}`, {
        hint: `Name one by its id: ${ids.join('; ')}.`,
      });
    }
    return found;
  }

  /** Begins work of the server and waits for its end; `onWait` is called now and then. @throws what the work failed with */
  async operation(path: string, onWait?: () => Promise<void>): Promise<BackupOperation> {
    let operation = await this.post(path, backupOperation);
    while (operation.state === 'running') {
      await onWait?.();
      const seconds = onWait === undefined ? pollSeconds : shortPollSeconds;
      operation = await this.get(`/backup-operations/${operation.id}?waitSeconds=${seconds}`, backupOperation);
    }
    const { error } = operation;
    if (error === null) return operation;
    throw new AppError('CONFLICT', `${operation.kind} failed (${error.code}): ${error.message}`, { hint: error.hint });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
