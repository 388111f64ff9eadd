declare const LEAFWARD_BUILD: { version: string; commit: string; driver: string } | undefined;

const built =
  typeof LEAFWARD_BUILD === 'undefined'
    ? { version: '0.1.0', commit: 'development', driver: 'development' }
    : LEAFWARD_BUILD;

/**
 * Version, commit and version of MongoDB's driver: filled in by the bundle, which is the same for every platform. The target is
 * named as the artifacts are (docs/formats/artifacts.md).
 */
export const buildInfo = {
  ...built,
  target: `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
};
