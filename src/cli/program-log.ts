import { toAppError } from '../runtime/errors.ts';
import { createLog, type Log, type LogLevel } from '../runtime/log.ts';
import { openLogOutput } from '../runtime/log-file.ts';
import type { LogSettings } from './log-settings.ts';

export interface OpenLog {
  readonly log: Log;
  /** SIGHUP: the file is opened again, as the settings name it now. What cannot be opened stays as it was, and the log says so. */
  reopen(settings?: LogSettings): void;
  close(): void;
}

/** The log of a program that runs long, as its settings say; they may change while it runs. */
export function openProgramLog(settings: LogSettings): OpenLog {
  let now = settings;
  const output = openLogOutput(settings);
  const log = createLog({
    level: () => logLevelOf(now.logLevel),
    format: () => (now.logFormat === 'json' ? 'json' : 'text'),
    write: output.write,
  });
  return {
    log,
    reopen(next = now) {
      try {
        output.reopen(next);
      } catch (thrown) {
        const { message, hint } = toAppError(thrown);
        log.error('the log cannot be opened again, it goes on where it was', { error: message, next: hint });
      }
      now = next;
    },
    close() {
      log.flush();
      output.close();
    },
  };
}

function logLevelOf(level: string): LogLevel {
  return level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
}
