import type { ArtifactTarget } from '../../src/wire/artifact.ts';

/** What a download may weigh, in MB of a million bytes. */
interface Budget {
  readonly program: number;
  /** As a tar.gz, which is the deflated program and some kilobytes. */
  readonly compressed: number;
}

/** Linux is the platform of servers; the others follow from Node's own programs, which we cannot strip, with room to grow. */
const budgets: Readonly<Record<ArtifactTarget['os'], Budget>> = {
  linux: { program: 122, compressed: 44 },
  darwin: { program: 156, compressed: 50 },
  win: { program: 112, compressed: 44 },
};

export interface Sizes {
  readonly programBytes: number;
  readonly compressedBytes: number;
}

/** A line about one executable; `over` when it is too large. */
export function judgeSizes(name: string, os: ArtifactTarget['os'], { programBytes, compressedBytes }: Sizes) {
  const budget = budgets[os];
  const [program, compressed] = [programBytes / 1e6, compressedBytes / 1e6];
  const over = program > budget.program || compressed > budget.compressed;
  const text = `${program.toFixed(1)} MB of ${budget.program}, compressed ${compressed.toFixed(1)} MB of ${budget.compressed}`;
  return { over, line: `${name.padEnd(32)} ${text}${over ? '   OVER BUDGET' : ''}` };
}
