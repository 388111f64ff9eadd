import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { type ServiceName, type ServicePlace, serviceFile } from '../../runtime/service-files.ts';
import { type NewSettings, serverCaName } from './new-settings.ts';
import { bootLink, type ServiceSystem, serviceCommands, serviceFilesOf } from './service-system.ts';
import type { Step } from './steps.ts';

export interface InstallInput {
  readonly service: ServiceName;
  readonly place: ServicePlace;
  readonly system: ServiceSystem;
  /** Top of the file system that is installed to; "/" is this machine's own. */
  readonly root: string;
  /** The executable to copy. */
  readonly program: string;
  /** Undefined: those that are there stay. */
  readonly settings: NewSettings | undefined;
  readonly start: boolean;
}

/** The steps that set a service up, in their order. @throws CONFLICT, SETTINGS_INVALID */
export async function installPlan(input: InstallInput): Promise<Step[]> {
  const { service, place, system, root, program, settings } = input;
  refuseBesidePackage(service, root);
  if (settings === undefined && !existsSync(join(root, place.settings))) {
    throw new AppError('SETTINGS_INVALID', `there are no settings at ${place.settings}, and none were given`, {
      hint: 'Add --settings FILE, or --server-url, --group-id and --api-key-file.',
    });
  }
  const steps: Step[] = [
    { do: 'user', name: place.user },
    { do: 'folder', path: dirname(place.settings), mode: 0o750, owner: 'group' },
    { do: 'folder', path: dirname(place.stateFolder), mode: 0o750, owner: 'user' },
    { do: 'folder', path: place.stateFolder, mode: 0o750, owner: 'user' },
    { do: 'folder', path: place.logFolder, mode: 0o750, owner: 'user' },
    { do: 'program', path: place.binary, from: program },
    ...settingsSteps(place, settings),
  ];
  for (const { kind, path, mode } of serviceFilesOf(system, service)) {
    const body = Buffer.from(await serviceFile(kind, service, place));
    steps.push({ do: 'file', path, mode, owner: 'root', body, what: `${kind} file` });
  }
  return [...steps, ...serviceSteps(input)];
}

function settingsSteps(place: ServicePlace, settings: NewSettings | undefined): Step[] {
  if (settings === undefined) return [];
  const { text, serverCa } = settings;
  const steps: Step[] = [
    { do: 'file', path: place.settings, mode: 0o640, owner: 'group', body: Buffer.from(text), what: 'settings' },
  ];
  if (serverCa !== undefined) {
    const path = join(dirname(place.settings), serverCaName);
    steps.push({ do: 'file', path, mode: 0o644, owner: 'root', body: serverCa, what: "the server's CA" });
  }
  return steps;
}

/** What runs commands of the installed system is for this machine's own alone. */
function serviceSteps({ service, system, root, start }: InstallInput): Step[] {
  if (root !== '/') return system === 'systemd' ? [{ do: 'link', ...bootLink(service) }] : [];
  const { enable, start: starting } = serviceCommands(system, service);
  return [...enable, ...(start ? starting : [])].map((command): Step => ({ do: 'run', mayFail: false, ...command }));
}

/** A unit in /etc would hide that of the package, and outlive its updates. */
function refuseBesidePackage(service: ServiceName, root: string): void {
  for (const folder of ['usr/lib/systemd/system', 'lib/systemd/system']) {
    if (!existsSync(join(root, folder, `leafward-${service}.service`))) continue;
    throw new AppError('CONFLICT', `a package has installed leafward-${service} on this machine`, {
      hint: `Put the settings into /etc/leafward/${service}.config and start it: systemctl enable --now leafward-${service}.`,
    });
  }
}

/** Files that are there and say something else: each is a reason not to install without being told. */
export function differing(steps: readonly Step[], root: string, sameProgram: (path: string) => boolean): string[] {
  return steps.flatMap((step) => {
    if (step.do !== 'file' && step.do !== 'program') return [];
    const path = join(root, step.path);
    if (!existsSync(path)) return [];
    const same = step.do === 'file' ? readFileSync(path).equals(step.body) : sameProgram(path);
    return same ? [] : [step.path];
  });
}
