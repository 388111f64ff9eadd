interface SparkProps {
  readonly values: readonly (number | null)[];
  /** What the line shows, for those who do not see it. */
  readonly label: string;
  /** What it belongs to is not well. */
  readonly health?: 'warn' | 'bad' | undefined;
}

/** The last hour as a line; minutes without a sample are left open. Y begins at zero. */
export function Spark({ values, label, health }: SparkProps) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) * 1.05 || 1;
  const step = 100 / Math.max(1, values.length - 1);
  const runs = runsOf(
    values.map((value, at) =>
      value === null ? null : `${(at * step).toFixed(1)},${(34 - (32 * value) / top).toFixed(1)}`,
    ),
  );
  return (
    <svg class={`spark ${health ?? ''}`} viewBox="0 0 100 36" preserveAspectRatio="none" role="img" aria-label={label}>
      {runs.map((run) => {
        const first = run[0]?.split(',', 1)[0] ?? '0';
        const last = run.at(-1)?.split(',', 1)[0] ?? '0';
        return (
          <g key={first}>
            <path class="area" d={`M${first},36L${run.join('L')}L${last},36Z`} />
            <path class="line" d={`M${run.join('L')}${run.length === 1 ? `h0.1` : ''}`} />
          </g>
        );
      })}
    </svg>
  );
}

function runsOf(points: readonly (string | null)[]): string[][] {
  const runs: string[][] = [];
  let open = false;
  for (const point of points) {
    if (point === null) {
      open = false;
      continue;
    }
    if (open) runs.at(-1)?.push(point);
    else runs.push([point]);
    open = true;
  }
  return runs;
}
