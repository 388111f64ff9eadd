import { asset } from '../../runtime/asset.ts';
import type { ServiceName } from '../../runtime/service-files.ts';
import type { ArtifactTarget } from '../../wire/artifact.ts';
import type { SmallFile } from './archive-entry.ts';

interface ReadmeInput {
  readonly services: readonly ServiceName[];
  readonly os: ArtifactTarget['os'];
  /** "macOS arm64" */
  readonly platform: string;
  readonly folder: string;
  /** Everything else in the archive that is not made for one group. */
  readonly fileNames: readonly string[];
}

/** What the files of an archive are, by the end of their names. */
const meanings: readonly (readonly [ending: string, meaning: string])[] = [
  ['leafward-service.exe', 'runs the program as a Windows service'],
  ['.exe', 'the program'],
  ['.config', 'settings; in an archive made for a group, server, group and key are filled in'],
  ['.service', 'unit for systemd'],
  ['.init', 'control script for SysV init'],
  ['.logrotate', 'log rotation'],
  ['.plist', 'for launchd'],
  ['server-ca.pem', 'only where the server made its own certificate: the CA that the agent trusts'],
  ['LICENSE', 'Apache License 2.0'],
  ['.txt', 'notices of the packages and of Node.js that the program contains'],
  ['leafward', 'the program'],
];

/** The README of an archive: what it is, first steps, service, logs, proxy, uninstall, for these agents on this platform. */
export async function archiveReadme(input: ReadmeInput): Promise<SmallFile> {
  const { services, os, fileNames } = input;
  const [only] = services;
  const parts = [
    services.length === 1 && only !== undefined ? `about.${only}` : 'about.both',
    `start.${os}`,
    'start',
    ...services.map((service) => `needs.${service}`),
    `service.${os}`,
    'network',
    `remove.${os}`,
  ];
  const settings = services.map((service) => `${service}.config`);
  const table = fileTable([...fileNames, ...settings, 'server-ca.pem']);
  const texts = await Promise.all(
    parts.map(async (part) => Buffer.from(await asset(`packaging/archive/${part}`)).toString()),
  );
  const text = tidied(filledIn(texts.join('\n'), input).replace('@FILES@\n', table));
  return os === 'win'
    ? { name: 'README.txt', mode: 0o644, body: Buffer.from(text.replaceAll('\n', '\r\n')) }
    : { name: 'README', mode: 0o644, body: Buffer.from(text) };
}

/** A line that names the service stands once for each. */
function filledIn(text: string, { services, platform, folder, os }: ReadmeInput): string {
  return text
    .split('\n')
    .flatMap((line) =>
      line.includes('@SERVICE@') ? services.map((service) => line.replaceAll('@SERVICE@', service)) : [line],
    )
    .join('\n')
    .replaceAll('@RUN@', os === 'win' ? String.raw`.\leafward.exe` : './leafward')
    .replaceAll('@SETTINGS@', services.map((service) => `${service}.config`).join(' '))
    .replaceAll('@PLATFORM@', platform)
    .replaceAll('@FOLDER@', folder);
}

/** The title's line is as long as the title; one empty line between parts, none after a heading. */
function tidied(text: string): string {
  const [title = '', , ...rest] = text.split('\n');
  const body = rest
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/(\n-{3,}\n)\n/g, '$1');
  return `${title}\n${'='.repeat(title.length)}\n${body}`;
}

function fileTable(names: readonly string[]): string {
  const width = Math.max(...names.map(({ length }) => length));
  const rows = names.map((name) => {
    const [, meaning = ''] = meanings.find(([ending]) => name.endsWith(ending)) ?? [];
    return `  ${name.padEnd(width)}  ${meaning}\n`;
  });
  return rows.join('');
}
