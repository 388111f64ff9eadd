import { readFile } from 'node:fs/promises';

export interface ProcessStats {
  readonly cpuPercent: number;
  readonly rssBytes: number;
  readonly rssAnonBytes: number | undefined;
}

/** CPU (percent of one core since the call before) and memory of this process. */
export class StatsReader {
  #cpu = process.cpuUsage();
  #at = performance.now();

  async read(): Promise<ProcessStats> {
    const spent = process.cpuUsage(this.#cpu);
    const elapsedMs = Math.max(1, performance.now() - this.#at);
    this.#cpu = process.cpuUsage();
    this.#at = performance.now();
    return {
      cpuPercent: (spent.user + spent.system) / 10 / elapsedMs,
      rssBytes: process.memoryUsage.rss(),
      rssAnonBytes: await rssAnonBytes(),
    };
  }
}

/** Memory that is the process' own; Linux only. */
async function rssAnonBytes(): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const match = /^RssAnon:\s+(\d+) kB/m.exec(await readFile('/proc/self/status', 'utf8'));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}
