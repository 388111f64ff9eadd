/** The newest patch release of each series that this version of Leafward knows of; newer ones that the group runs count too. */
export const knownReleases: ReadonlyMap<string, number> = new Map([
  ['4.4', 29],
  ['5.0', 31],
  ['6.0', 27],
  ['7.0', 28],
  ['8.0', 17],
]);

export interface Release {
  /** "6.0" */
  readonly series: string;
  readonly patch: number;
}

/** Of "6.0.5", also with what builders add ("6.0.5-4"); undefined for what is no version. */
export function releaseOf(version: string): Release | undefined {
  const [, series, patch] = /^(\d+\.\d+)\.(\d+)(?![\d.])/.exec(version) ?? [];
  return series === undefined || patch === undefined ? undefined : { series, patch: Number(patch) };
}
