import { buildFacts, buildSeconds } from '../build-facts.ts';

export type PackageArch = 'x64' | 'arm64';
export type PackageKind = 'deb' | 'rpm';

/** What all packages of one build have in common. */
export interface PackageFacts {
  /** As the program says it: `0.2.0-rc.1`. */
  readonly version: string;
  /** Of the packages: it grows when they change and the program does not. */
  readonly release: string;
  /** Who publishes them: `Name <address>`. */
  readonly maintainer: string;
  /** The time that every file in them has. */
  readonly date: Date;
}

/** @throws Error for a publisher that packages cannot hold */
export function packageFacts(env: NodeJS.ProcessEnv = process.env): PackageFacts {
  const maintainer = env['LEAFWARD_PACKAGER'] ?? 'Leafward <packages@leafward.example>';
  if (!/^[^<>]+ <[^<>@\s]+@[^<>@\s]+>$/.test(maintainer)) {
    throw new Error(`LEAFWARD_PACKAGER is "${maintainer}", not "Name <address>"`);
  }
  return { version: buildFacts().version, release: '1', maintainer, date: new Date(buildSeconds() * 1000) };
}

/** Debian sorts `~` before everything, rpm too: `0.2.0~rc.1-1` is older than `0.2.0-1`. */
export function packageVersion({ version, release }: PackageFacts): string {
  return `${version.replace('-', '~')}-${release}`;
}
