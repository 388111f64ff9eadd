import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { documentOf, numberOf, textOf } from '../deployment/bson-values.ts';
import { readFtdc } from '../deployment/read-ftdc.ts';
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
/** mongod writes its files every tenth sample; one that takes samples more rarely than this has a hole of so long. */
const writtenWithinMs = 60_000;
const lookEveryMs = 2000;
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
      const beganMs = Date.now();
      const send = async (isLast: boolean): Promise<void> => {
        signal.throwIfAborted();
        const { sentToMs } = await book.progress(hostId);
        const everyMs = Math.max(10_000, intervalMs);
        if (!isLast) log.info(`the past of ${host} is being read`, { folder });
        const sent = await importFtdc({
          folder,
          hostId,
          everyMs,
          fromMs: isLast && sentToMs > 0 ? sentToMs + everyMs : sentToMs,
          send: (body) => link.samples(body, 0, false),
          onSent: (lastMs) => book.note(hostId, { sentToMs: lastMs, done: false }),
          cpuShare,
          signal,
        });
        await book.note(hostId, { sentToMs: sent.lastMs ?? sentToMs, done: isLast });
        log.info(`the past of ${host} is on its server`, { samples: sent.samples, appended: sent.appended });
      };
      await book.alone(() => send(false));
      // What the host had not written yet when its files were read: the last seconds before the agent's own first sample.
      await untilWritten(folder, beganMs, signal);
      await book.alone(() => send(true));
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const { message, retryable } = toAppError(thrown);
      log.warn(`the past of ${host} could not be sent`, { error: message, again: retryable });
      if (!retryable || !(await sleep(againMs, signal))) return;
    }
  }
}

/** Resolves when the files hold a sample of that time or later, or will not soon. */
async function untilWritten(folder: string, timeMs: number, signal: AbortSignal): Promise<void> {
  const lastLookMs = performance.now() + writtenWithinMs;
  while (performance.now() < lastLookMs) {
    for await (const _ of readFtdc(folder, timeMs)) return;
    await sleep(lookEveryMs, signal);
    signal.throwIfAborted();
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
