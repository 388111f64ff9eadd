import { asset, assetNames } from '../../runtime/asset.ts';
import { installPlace } from '../../runtime/install-place.ts';
import { type ServiceFileKind, type ServiceName, serviceFile } from '../../runtime/service-files.ts';
import type { DownloadKind } from '../../wire/api/downloads.ts';
import type { ArtifactTarget } from '../../wire/artifact.ts';
import type { SmallFile } from './archive-entry.ts';
import { archiveReadme } from './archive-readme.ts';
import { agentsOf, archiveFolder, serviceOf } from './download-kind.ts';
import type { Programs } from './program-source.ts';
import { osOf, targetName } from './target.ts';

/** How each system starts a service and turns its logs: endings of file names, with the templates that they come from. */
const serviceFiles: Readonly<Record<'linux' | 'darwin', Readonly<Record<string, ServiceFileKind>>>> = {
  linux: { service: 'systemd', init: 'init', logrotate: 'logrotate' },
  darwin: { plist: 'launchd' },
};

const known = new Map<string, Promise<readonly SmallFile[]>>();

/** README, service files and licences: the same list for every archive of that kind and platform. */
export function commonFiles(kind: DownloadKind, programs: Programs): Promise<readonly SmallFile[]> {
  const programNames = programs.programs.map(({ name }) => name);
  const key = [kind, programs.target, ...programNames].join(' ');
  const found = known.get(key) ?? makeFiles(kind, programs, programNames);
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

async function makeFiles(
  kind: DownloadKind,
  { target, notices }: Programs,
  programNames: string[],
): Promise<SmallFile[]> {
  const os = osOf(target);
  const services = agentsOf[kind].map(serviceOf);
  const files: SmallFile[] = [];
  for (const service of services) files.push(...(await filesOf(service, os)));
  files.push({ name: 'LICENSE', mode: 0o644, body: await asset('LICENSE') });
  files.push(...(await noticeFiles(notices)));
  const fileNames = [...programNames, ...files.map(({ name }) => name)];
  const readme = await archiveReadme({
    services,
    os,
    platform: targetName(target),
    folder: archiveFolder(kind),
    fileNames,
  });
  return [readme, ...files];
}

/** Only a built program holds other people's code, and their notices with it. */
async function noticeFiles(given: Uint8Array | undefined): Promise<SmallFile[]> {
  const name = 'THIRD-PARTY-LICENSES.txt';
  const body = given ?? (assetNames(name).length === 0 ? undefined : await asset(name));
  return body === undefined ? [] : [{ name, mode: 0o644, body }];
}

/** Service files of an agent, for where `leafward … install` puts it. */
function filesOf(service: ServiceName, os: ArtifactTarget['os']): Promise<SmallFile[]> {
  if (os === 'win') return Promise.resolve([]);
  const place = installPlace(service, os);
  return Promise.all(
    Object.entries(serviceFiles[os]).map(async ([ending, from]) => ({
      name: `leafward-${service}.${ending}`,
      mode: ending === 'init' ? 0o755 : 0o644,
      body: Buffer.from(await serviceFile(from, service, place)),
    })),
  );
}
