declare const LEAFWARD_BUILD: { version: string; commit: string; target: string } | undefined;

/** Version, commit and target: filled in by the bundle, development values otherwise. */
export const buildInfo =
  typeof LEAFWARD_BUILD === 'undefined'
    ? { version: '0.1.0', commit: 'development', target: `${process.platform}-${process.arch}` }
    : LEAFWARD_BUILD;
