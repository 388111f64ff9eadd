import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceName, ServicePlace } from '../../runtime/service-files.ts';
import { serverCaName } from './new-settings.ts';
import { bootLink, type ServiceSystem, serviceCommands, serviceFilesOf } from './service-system.ts';
import type { Step } from './steps.ts';

interface UninstallInput {
  readonly service: ServiceName;
  readonly place: ServicePlace;
  readonly root: string;
  /** Settings, state, logs and user too. */
  readonly purge: boolean;
}

const services: readonly ServiceName[] = ['server', 'monitoring-agent', 'backup-agent'];
const systems: readonly ServiceSystem[] = ['systemd', 'sysv', 'launchd'];

/** The steps that take away what install put there; what another service needs stays. */
export function uninstallPlan({ service, place, root, purge }: UninstallInput): Step[] {
  const isThere = (path: string): boolean => existsSync(join(root, path));
  const steps: Step[] = [];
  for (const system of systems) {
    const [main, ...more] = serviceFilesOf(system, service).map(({ path }) => path);
    if (main === undefined || !isThere(main)) continue;
    const commands = serviceCommands(system, service);
    const own = root === '/' && machineHas(system);
    if (own) steps.push(...commands.stop.map((words): Step => ({ do: 'run', words, mayFail: true })));
    steps.push(...[main, ...more].filter(isThere).map(removal));
    if (own) steps.push(...commands.forget.map((words): Step => ({ do: 'run', words, mayFail: true })));
    // Where systemctl removed it already, it is simply not there any more.
    if (system === 'systemd') steps.push(removal(bootLink(service).path));
  }
  const others = services.filter((other) => other !== service);
  const otherIsThere = others.some((other) =>
    systems.some((system) => serviceFilesOf(system, other).some(({ path }) => isThere(path))),
  );
  if (!otherIsThere) steps.push(removal(place.binary));
  return purge ? [...steps, ...purgeSteps(service, place, root, otherIsThere)] : steps;
}

/** A unit may lie on a machine that systemd does not run, such as an image that is being built. */
function machineHas(system: ServiceSystem): boolean {
  return system !== 'systemd' || existsSync('/run/systemd/system');
}

function purgeSteps(service: ServiceName, place: ServicePlace, root: string, otherIsThere: boolean): Step[] {
  const settingsFolder = dirname(place.settings);
  const logs = namesIn(join(root, place.logFolder)).filter((name) => name.startsWith(`${service}.`));
  const steps: Step[] = [
    removal(place.settings),
    removal(`${place.settings}.old`),
    { do: 'remove', path: place.settings.replace(/\.config$/, '.d'), folder: true },
    { do: 'remove', path: place.stateFolder, folder: true },
    ...logs.map((name) => removal(join(place.logFolder, name))),
  ];
  if (otherIsThere) return steps;
  steps.push(removal(join(settingsFolder, serverCaName)));
  for (const path of [settingsFolder, dirname(place.stateFolder), place.logFolder]) {
    steps.push({ do: 'removeEmpty', path });
  }
  return [...steps, { do: 'removeUser', name: place.user }];
}

function removal(path: string): Step {
  return { do: 'remove', path, folder: false };
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
