import { releaseEarlySignals } from './early-signals.ts';
import type { Log } from './log.ts';
import { stopWithInput } from './stop-with-input.ts';

interface Closing {
  readonly name: string;
  readonly close: () => Promise<void>;
}

export interface Shutdown {
  /** Aborts when the program must end; every loop and wait of it takes this signal. */
  readonly signal: AbortSignal;
  /** Closed in the reverse order of registration: what was opened last ends first. */
  onClose(name: string, close: () => Promise<void>): void;
  /** Registers what takes a while to open: an end that comes meanwhile waits for it, and closes it. Gives back what `opening` does. */
  onceOpen<T>(name: string, opening: Promise<T>, close: (opened: T) => Promise<void>): Promise<T>;
  /** Ends the program, as a signal would. */
  begin(reason: string): void;
  /** Resolves when everything that was registered is closed. Rejects with the first failure, after all have been tried. */
  done(): Promise<void>;
}

interface ShutdownSettings {
  readonly log: Log;
  /** All of it together; then the process ends with status 1 whatever still runs. Default 9,500 ms: within the ten seconds that supervisors give. */
  readonly deadlineMs?: number;
  /** Called on SIGHUP: reopen the log, read the settings again. */
  readonly onHangup?: () => void;
}

/** Turns SIGTERM and SIGINT into an ordered end; a second SIGINT, or the deadline, ends the process at once. */
export function createShutdown({ log, deadlineMs = 9500, onHangup }: ShutdownSettings): Shutdown {
  const controller = new AbortController();
  const closings: Closing[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const begin = (reason: string): void => {
    if (controller.signal.aborted) return;
    log.info('stopping', { reason });
    controller.abort(new Error(`stopping: ${reason}`));
    const timer = setTimeout(() => {
      log.error('stopping took too long, ending at once', { deadlineMs });
      process.exit(1);
    }, deadlineMs);
    timer.unref();
    closeAll(closings, log)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  };
  listen(begin, () => controller.signal.aborted, onHangup);
  return {
    signal: controller.signal,
    onClose: (name, close) => void closings.push({ name, close }),
    async onceOpen(name, opening, close) {
      const opened = opening.then(
        (value) => () => close(value),
        () => async () => undefined,
      );
      closings.push({ name, close: async () => (await opened)() });
      return opening;
    },
    begin,
    done: () => promise,
  };
}

function listen(begin: (reason: string) => void, begun: () => boolean, onHangup: (() => void) | undefined): void {
  process.on('SIGTERM', () => begin('SIGTERM'));
  stopWithInput(begin);
  process.on('SIGINT', () => {
    if (begun()) process.exit(130);
    begin('SIGINT');
  });
  if (onHangup !== undefined) process.on('SIGHUP', onHangup);
  if (!releaseEarlySignals()) return;
  // The caller has its shutdown first.
  queueMicrotask(onHangup ?? (() => begin('SIGHUP')));
}

async function closeAll(closings: readonly Closing[], log: Log): Promise<void> {
  const failures: unknown[] = [];
  for (const { name, close } of closings.toReversed()) {
    try {
      await close();
      log.debug('closed', { part: name });
    } catch (thrown) {
      log.error('could not close', { part: name, error: thrown instanceof Error ? thrown.message : String(thrown) });
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}
