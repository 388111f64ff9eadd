import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from './atomic-file.ts';
import { AppError } from './errors.ts';
import { processRuns } from './process-id.ts';

/**
 * Writes this process' id for logrotate and init scripts (the process name of a Node executable is not to be relied on);
 * gives back what removes it. Refuses (CONFLICT) while the process that a present file names still runs.
 */
export async function writePidFile(path: string): Promise<() => void> {
  const other = await runningPid(path);
  if (other !== undefined) {
    throw new AppError('CONFLICT', `${path} names process ${other}, which runs`, {
      hint: `Stop process ${other}, or remove ${path} if that process is not leafward.`,
    });
  }
  await writeFileAtomically(path, `${process.pid}\n`, 0o644);
  return () => rmSync(path, { force: true });
}

async function runningPid(path: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const pid = Number(text.trim());
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  return processRuns(pid) ? pid : undefined;
}
