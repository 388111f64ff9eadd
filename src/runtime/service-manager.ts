import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log } from './log.ts';
import { sleep } from './periodic.ts';

const run = promisify(execFile);
const answerMs = 10_000;
const usualAgainMs = 3000;
const attempts = 10;

interface ServiceSettings {
  readonly log: Log;
  /** Rejects with what stands still; then nothing is told, and systemd starts the service again. */
  readonly alive: () => Promise<void>;
  /** One line for `systemctl status`. */
  readonly describe: () => string;
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** Until word of being ready that was lost is said again; default 3 s. */
  readonly againMs?: number;
}

/**
 * Tells systemd (Type=notify) that the program is ready, and, where the unit has WatchdogSec, again and again that it makes progress.
 * Node has no datagram sockets of the file system, so systemd-notify tells it. That waits until systemd has read the message: of a sender
 * that is gone by then systemd does not know to which service it belongs, and `--no-block` may lose messages just when a machine is busy.
 * Resolves when the signal aborts, at once where no systemd waits for it. The variables are taken out of `env`: children are not to tell.
 */
export async function tellServiceManager(settings: ServiceSettings): Promise<void> {
  const { signal, env = process.env } = settings;
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return;
  const notify = notifier(socket, env, settings);
  if (!(await tellReady(notify, settings))) return;
  const isMeant = watched === undefined || watched === '' || watched === String(process.pid);
  const everyMs = isMeant ? Number(watchdog) / 1000 / 3 : Number.NaN;
  if (!(everyMs > 0)) return;
  do await tellAlive(notify, settings);
  while (await sleep(everyMs, signal));
}

type Notify = (...words: string[]) => Promise<'told' | 'failed' | 'absent'>;

function notifier(socket: string, { PATH }: NodeJS.ProcessEnv, { log, describe, signal }: ServiceSettings): Notify {
  let failure = '';
  return async (...words) => {
    try {
      await run('systemd-notify', [`--status=${describe()}`, ...words], {
        env: { PATH, NOTIFY_SOCKET: socket },
        timeout: answerMs,
        signal,
      });
      failure = '';
      return 'told';
    } catch (thrown) {
      // The end does not wait for a system that is slow to read.
      if (signal.aborted) return 'failed';
      const absent = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (message !== failure) {
        log.warn(
          absent ? 'systemd waits for word of this service, and systemd-notify is not there' : 'systemd-notify failed',
          {
            ...(absent ? {} : { error: message }),
            next: 'Take Type=exec instead of Type=notify, NotifyAccess and WatchdogSec in the unit.',
          },
        );
      }
      failure = message;
      return absent ? 'absent' : 'failed';
    }
  };
}

/** A service whose word is lost would be ended as one that never started: it is said again. */
async function tellReady(notify: Notify, { signal, againMs = usualAgainMs }: ServiceSettings): Promise<boolean> {
  for (let attempt = 0; attempt < attempts && !signal.aborted; attempt++) {
    const outcome = await notify('--ready');
    if (outcome !== 'failed') return outcome === 'told';
    await sleep(againMs, signal);
  }
  return true;
}

async function tellAlive(notify: Notify, { alive, log, signal }: ServiceSettings): Promise<void> {
  try {
    await alive();
  } catch (thrown) {
    if (signal.aborted) return;
    log.error('no progress: systemd is not told that this service is alive, and starts it again', {
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
    return;
  }
  if (!signal.aborted) await notify('WATCHDOG=1');
}
