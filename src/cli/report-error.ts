import { toAppError } from '../runtime/errors.ts';
import { redact } from '../runtime/redact.ts';

/**
 * The one place that tells a person why a command failed: what happened, what to do next, and the code that
 * docs/errors.md explains; a fault of our own also shows where it came from. Gives back the exit status.
 */
export function reportError(thrown: unknown): number {
  const error = toAppError(thrown);
  const lines = [`leafward: ${error.message.replaceAll('\n', ' ')}`, `next: ${error.hint}`, `code: ${error.code}`];
  if (error.code === 'INTERNAL') lines.push(stackOf(thrown));
  process.stderr.write(`${redact(lines.join('\n'))}\n`);
  return error.exitStatus;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
