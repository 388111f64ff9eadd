import { readFileSync } from 'node:fs';

/** Does a process with this id run? One that has ended, and that nobody has collected yet, does not. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it runs, as another user.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false;
  }
  const [state] = statFields(pid);
  return state !== 'Z' && state !== 'X';
}

/** When a process began, as a word that no other process with its id has; "" where the platform does not tell. */
export function processStart(pid: number): string {
  // In ticks since boot: the 22nd field.
  const ticks = statFields(pid)[19];
  if (ticks === undefined) return '';
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return '';
  }
}

/** Of Linux, proc(5): from the third field on, the state. The name before may hold spaces and brackets. */
function statFields(pid: number): string[] {
  if (process.platform !== 'linux') return [];
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}
