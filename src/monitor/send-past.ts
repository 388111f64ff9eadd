import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { documentOf, numberOf, textOf } from '../deployment/bson-values.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import type { HostSession } from './host-session.ts';
import { importFtdc } from './import-ftdc.ts';
import type { PastBook } from './past-book.ts';
import type { Poller } from './poller.ts';
import type { ServerLink } from './server-link.ts';

export interface PastParts {
  readonly book: PastBook;
  readonly link: ServerLink;
  readonly log: Log;
}

const deadlineMs = 15_000;
/** Five days of a mongod's samples then take about half an hour, and nobody notices. */
const cpuShare = 0.2;
const againMs = 60_000;
const defaultDbPath = '/data/db';

/**
 * Sends the past of a mongod that runs on this machine and whose diagnostic.data this process may read: once per host, in the
 * background, one host after the other. An import that was cut off goes on where the server had it.
 */
export async function sendPast(
  poller: Poller,
  intervalMs: number,
  { book, link, log }: PastParts,
  signal: AbortSignal,
): Promise<void> {
  const { hostId, host } = poller;
  while (await sleep(1000, signal)) {
    const { session, report } = poller;
    if (session === undefined || report?.reachable !== true) continue;
    if (session.hello.type !== 'mongod') return;
    try {
      if ((await book.progress(hostId)).done) return log.debug(`the past of ${host} was sent before`);
      const folder = await localDiagnosticData(session, signal);
      if (folder === undefined) return log.debug(`no past of ${host} that could be read here`);
      await book.alone(async () => {
        signal.throwIfAborted();
        const { sentToMs } = await book.progress(hostId);
        log.info(`the past of ${host} is being read`, { folder });
        const sent = await importFtdc({
          folder,
          hostId,
          everyMs: Math.max(10_000, intervalMs),
          fromMs: sentToMs,
          send: (body) => link.samples(body, 0, false),
          onSent: (lastMs) => book.note(hostId, { sentToMs: lastMs, done: false }),
          cpuShare,
          signal,
        });
        await book.note(hostId, { sentToMs: sent.lastMs ?? sentToMs, done: true });
        log.info(`the past of ${host} is on its server`, { samples: sent.samples, appended: sent.appended });
      });
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const { message, retryable } = toAppError(thrown);
      log.warn(`the past of ${host} could not be sent`, { error: message, again: retryable });
      if (!retryable || !(await sleep(againMs, signal))) return;
    }
  }
}

/** The folder diagnostic.data of this very process; undefined when it runs elsewhere or the folder cannot be read. */
export async function localDiagnosticData(session: HostSession, signal: AbortSignal): Promise<string | undefined> {
  const sections = { serverStatus: 1, metrics: 0, wiredTiger: 0, locks: 0 };
  let dbPath: string;
  try {
    const status = await session.client.command('admin', sections, { deadlineMs, signal });
    // `host` is "name:port": the name of the machine, whatever the agent called it.
    const machine = (textOf(status['host']) ?? '').replace(/:\d+$/, '');
    if (machine.toLowerCase() !== hostname().toLowerCase()) return undefined;
    const options = await session.client.command('admin', { getCmdLineOpts: 1 }, { deadlineMs, signal });
    dbPath = textOf(documentOf(documentOf(options['parsed'])?.['storage'])?.['dbPath']) ?? defaultDbPath;
    if (!isAbsolute(dbPath)) return undefined;
    // Another mongod may have the same path in another container: the lock tells whose files these are.
    const lock = await readFile(join(dbPath, 'mongod.lock'), 'utf8');
    if (Number(lock.trim()) !== numberOf(status['pid'])) return undefined;
    const folder = join(dbPath, 'diagnostic.data');
    await readdir(folder);
    return folder;
  } catch (thrown) {
    signal.throwIfAborted();
    // Files of another user, or a privilege that is missing: then the charts begin now.
    if (thrown instanceof AppError && thrown.retryable) throw thrown;
    return undefined;
  }
}
