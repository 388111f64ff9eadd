import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../paths.ts';
import { debianChangelog, readChangelog } from './changelog.ts';
import { type PackageEntry, serviceEntries } from './contents.ts';
import { executables } from './executables.ts';
import { commandPages, type ManPage, settingsPage } from './man-pages.ts';
import type { PackagePlan } from './nfpm.ts';
import { type PackageArch, type PackageFacts, type PackageKind, packageVersion } from './package-facts.ts';
import { program, type ServicePackage, servicePackages } from './package-list.ts';
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
      scripts: {},
    }),
  );
  const services = await Promise.all(servicePackages.map((service) => servicePlan(kind, service, facts)));
  return [...programs, ...services];
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
    depends: [
      `leafward ${kind === 'deb' ? `(= ${packageVersion(facts)})` : `= ${packageVersion(facts)}`}`,
      ...tools[kind],
    ],
    entries: [...(await serviceEntries(kind, described)), ...manEntries([page]), ...documents(kind, name, facts)],
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
