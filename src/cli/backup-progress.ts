import type { BackupSet } from '../wire/api/backups.ts';

/** One line on how a set does: what a person who waits wants to read. */
export function progressLine(set: BackupSet): string {
  const { scan, status, problem } = set;
  const trouble = problem === null ? '' : `; ${problem.message}`;
  if (scan === null) return `${set.name}: ${status.word}${lagWords(set)}${trouble}`;
  const share = scan.allBytes > 0 ? `${Math.min(100, Math.floor((100 * scan.bytes) / scan.allBytes))}%, ` : '';
  const rate = scan.bytesPerSecond === null ? '' : `, ${bytesWords(scan.bytesPerSecond)}/s`;
  const left = scan.secondsLeft === null ? '' : `, ${durationWords(scan.secondsLeft)} left`;
  const amount = `${bytesWords(scan.bytes)} of ${bytesWords(scan.allBytes)}`;
  return `${set.name}: ${status.word} ${share}${amount}${rate}${left}${trouble}`;
}

function lagWords({ lagSeconds, protectedUntilMs }: BackupSet): string {
  if (protectedUntilMs === null) return '';
  const until = ` until ${new Date(protectedUntilMs).toISOString().replace('.000Z', 'Z')}`;
  return lagSeconds === null ? until : `${until} (${durationWords(lagSeconds)} behind)`;
}

export function bytesWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`;
}

export function durationWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** Tells how it goes on: a line that is written over on a terminal, else a line whenever it says something new, on standard error. */
export class ProgressPrinter {
  readonly #quiet: boolean;
  #last = '';
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  show(line: string): void {
    if (this.#quiet || line === this.#last) return;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
    else {
      // What only counts on is told every ten seconds.
      const isNews = line.replace(/\d.*$/, '') !== this.#last.replace(/\d.*$/, '');
      if (!isNews && performance.now() - this.#atMs < 10_000) return;
      process.stderr.write(`${line}\n`);
    }
    this.#last = line;
    this.#atMs = performance.now();
  }

  end(): void {
    if (!this.#quiet && process.stderr.isTTY && this.#last !== '') process.stderr.write('\n');
  }
}
