/** One row of docs/benchmarks.md; text with units, as people read it. */
export interface Figure {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** How it was measured, and what limits it where the goal is not met. */
  readonly remark: string;
}

export const figurePrefix = 'figure: ';

/** Hands a figure to the runner. */
export function reportFigure(figure: Figure): void {
  console.log(`${figurePrefix}${JSON.stringify(figure)}`);
}

/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
