import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../paths.ts';
import { debianChangelog, readChangelog } from './changelog.ts';
import { type PackageEntry, serviceEntries } from './contents.ts';
import { artifactFiles, executables } from './executables.ts';
import { commandPages, type ManPage, settingsPage } from './man-pages.ts';
import type { ChangelogRecord, PackagePlan } from './nfpm.ts';
import { type PackageArch, type PackageFacts, type PackageKind, packageVersion } from './package-facts.ts';
import { artifacts, program, type ServicePackage, servicePackages } from './package-list.ts';
import { copyrightText, overridesFor } from './policy-files.ts';

/** Every package of a kind. @throws Error when there is no executable for Linux */
export async function plansOf(
  kind: PackageKind,
  facts: PackageFacts,
  archs: readonly PackageArch[] = ['x64', 'arm64'],
): Promise<PackagePlan[]> {
  const made = executables(facts.version, archs);
  const pages = await commandPages(manFacts(facts));
  const programs = made.map(
    ({ arch, path }): PackagePlan => ({
      ...program,
      kind,
      arch,
      depends: libraries[kind],
      entries: [
        { path: '/usr/bin/leafward', file: path, mode: 0o755 },
        ...manEntries(pages),
        ...documents(kind, program.name, facts),
      ],
      changelog: changelogRecords(facts),
      scripts: {},
    }),
  );
  const services = await Promise.all(servicePackages.map((service) => servicePlan(kind, service, facts)));
  return [...programs, ...services, ...artifactsPlan(kind, facts)];
}

/** None where only this machine's platform was built. */
function artifactsPlan(kind: PackageKind, facts: PackageFacts): PackagePlan[] {
  const files = artifactFiles(facts.version);
  if (files.length === 0) return [];
  const entries = files.map((file) => ({ path: `/usr/share/leafward/artifacts/${basename(file)}`, file, mode: 0o644 }));
  return [
    {
      ...artifacts,
      kind,
      arch: 'all',
      depends: [sameVersion(kind, 'leafward-server', facts)],
      entries: [...entries, ...documents(kind, artifacts.name, facts)],
      isCompressed: true,
      changelog: changelogRecords(facts),
      scripts: {},
    },
  ];
}

function sameVersion(kind: PackageKind, name: string, facts: PackageFacts): string {
  return kind === 'deb' ? `${name} (= ${packageVersion(facts)})` : `${name} = ${packageVersion(facts)}`;
}

async function servicePlan(kind: PackageKind, described: ServicePackage, facts: PackageFacts): Promise<PackagePlan> {
  const { service, summary, description } = described;
  const name = `leafward-${service}`;
  const page = settingsPage(service, await described.settings(), manFacts(facts));
  return {
    name,
    kind,
    arch: 'all',
    summary,
    description,
    depends: [sameVersion(kind, 'leafward', facts), ...tools[kind]],
    entries: [...(await serviceEntries(kind, described)), ...manEntries([page]), ...documents(kind, name, facts)],
    changelog: changelogRecords(facts),
    scripts: scriptsOf(kind, described),
  };
}

/** As ldd and the symbols of Node's binary say it. In rpm by the names that every distribution's own packages provide. */
const libraries: Readonly<Record<PackageKind, readonly string[]>> = {
  deb: ['libatomic1', 'libc6 (>= 2.28)', 'libgcc-s1 | libgcc1 (>= 1:3.4)', 'libstdc++6 (>= 5.2)'],
  rpm: [
    'libatomic.so.1()(64bit)',
    'libc.so.6(GLIBC_2.28)(64bit)',
    'libgcc_s.so.1()(64bit)',
    'libstdc++.so.6(GLIBCXX_3.4.21)(64bit)',
  ],
};

const tools: Readonly<Record<PackageKind, readonly string[]>> = {
  deb: ['adduser'],
  rpm: ['/usr/sbin/useradd'],
};

function scriptsOf(kind: PackageKind, { service, next, purge }: ServicePackage): PackagePlan['scripts'] {
  const script = (name: string): string =>
    readFileSync(join(import.meta.dirname, 'scripts', `${kind}-${name}`), 'utf8')
      .replaceAll('@SERVICE@', service)
      .replaceAll('@NEXT@', next)
      .replaceAll('@PURGE@', `  ${purge}`);
  return kind === 'deb'
    ? { postinstall: script('postinst'), preremove: script('prerm'), postremove: script('postrm') }
    : {
        preinstall: script('pre'),
        postinstall: script('post'),
        preremove: script('preun'),
        postremove: script('postun'),
      };
}

function manEntries(pages: readonly ManPage[]): PackageEntry[] {
  return pages.map(({ name, roff }) => ({
    path: `/usr/share/man/man${name.slice(-1)}/${name}.gz`,
    text: gzipped(roff),
    mode: 0o644,
    doc: true,
  }));
}

function changelogRecords(facts: PackageFacts): ChangelogRecord[] {
  const [newest] = readChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  const changes = (newest?.notes ?? []).map((note) => ({ note }));
  return [{ semver: packageVersion(facts), date: facts.date.toISOString(), packager: facts.maintainer, changes }];
}

function documents(kind: PackageKind, name: string, facts: PackageFacts): PackageEntry[] {
  const releases = readChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  const changelog = debianChangelog(releases, { ...facts, name, version: packageVersion(facts) });
  const folderOf = `/usr/share/doc/${name}`;
  const both: PackageEntry[] = [{ path: `${folderOf}/copyright`, text: copyrightText(), mode: 0o644, doc: true }];
  if (kind === 'rpm')
    return [...both, { path: `${folderOf}/changelog.gz`, text: gzipped(changelog), mode: 0o644, doc: true }];
  return [
    ...both,
    { path: `${folderOf}/changelog.Debian.gz`, text: gzipped(changelog), mode: 0o644 },
    ...overridesFor(name).map((text) => ({ path: `/usr/share/lintian/overrides/${name}`, text, mode: 0o644 })),
  ];
}

/** Policy asks for the best compression; without a name and a time it depends on the text alone. */
function gzipped(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

function manFacts({ version, date }: PackageFacts): { version: string; date: string } {
  return { version, date: date.toISOString().slice(0, 10) };
}
