import { readFileSync } from 'node:fs';

/** Of the kernel's USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system time that all threads of a process have taken, in seconds. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Anonymous memory of a process, in MB of 10^6 bytes. */
export function rssAnonMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/RssAnon:\s+(\d+) kB/.exec(text)?.[1]) * 1024) / 1e6;
}
