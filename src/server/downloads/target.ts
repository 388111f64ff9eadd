import { type DownloadTarget, downloadTarget } from '../../wire/api/downloads.ts';
import type { ArtifactTarget } from '../../wire/artifact.ts';

const names: Readonly<Record<DownloadTarget, string>> = {
  'linux-x64': 'Linux x64',
  'linux-arm64': 'Linux arm64',
  'darwin-arm64': 'macOS arm64',
  'darwin-x64': 'macOS x64',
  'win-x64': 'Windows x64',
  'win-arm64': 'Windows arm64',
};

export const allTargets: readonly DownloadTarget[] = downloadTarget.options;

/** "macOS arm64" */
export function targetName(target: DownloadTarget): string {
  return names[target];
}

export function targetOf({ os, arch }: ArtifactTarget): DownloadTarget {
  return `${os}-${arch}`;
}

export function osOf(target: DownloadTarget): ArtifactTarget['os'] {
  const [os] = target.split('-');
  return os === 'darwin' || os === 'win' ? os : 'linux';
}

/** The platform of this process; undefined where Leafward is not built for it. */
export function ownTarget(): DownloadTarget | undefined {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  return downloadTarget.safeParse(`${os}-${process.arch}`).data;
}
