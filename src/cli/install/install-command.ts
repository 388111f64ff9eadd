import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { installPlace } from '../../runtime/install-place.ts';
import { type ServiceName, type ServicePlace, serviceWords } from '../../runtime/service-files.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { ownExecutable } from '../../server/downloads/executable-source.ts';
import type { Flags } from '../commands.ts';
import { differing, installPlan } from './install-plan.ts';
import { newSettings } from './new-settings.ts';
import { runStep, sameFiles } from './run-steps.ts';
import { type ServiceSystem, serviceSystem } from './service-system.ts';
import { type Step, stepWords } from './steps.ts';
import { uninstallPlan } from './uninstall-plan.ts';

/** `leafward monitoring-agent install`: makes a service of the executable on a machine that has nothing else. */
export async function runInstall(service: ServiceName, table: SettingsTable, flags: Flags): Promise<void> {
  const { root, place } = whereTo(service, flags);
  const system = serviceSystem(textOf(flags, 'init'), root);
  const { title } = serviceWords(service);
  const folder = join(place.settings, '..');
  const settings = newSettings({ table, title, flags, folder, stateFolder: place.stateFolder });
  const program = programToInstall(flags);
  const start = flags['start'] !== false;
  const steps = await installPlan({ service, place, system, root, program, settings, start });
  const changed = differing(steps, root, (path) => sameFiles(path, program));
  if (changed.length > 0 && flags['replace'] !== true) {
    throw new AppError('CONFLICT', `these are there already and differ: ${changed.join(', ')}`, {
      hint: 'Add --replace to replace them (old settings stay as .old); without --settings and its like the settings stay.',
    });
  }
  run(steps, { root, place, dryRun: flags['dryRun'] === true });
  if (flags['dryRun'] !== true) console.log(nextStep(service, system, { root, start }));
}

/** `leafward monitoring-agent uninstall`: takes away what install put there. */
export async function runUninstall(service: ServiceName, flags: Flags): Promise<void> {
  const { root, place } = whereTo(service, flags);
  const steps = uninstallPlan({ service, place, root, purge: flags['purge'] === true });
  run(steps, { root, place, dryRun: flags['dryRun'] === true });
}

function whereTo(service: ServiceName, flags: Flags): { root: string; place: ServicePlace } {
  if (process.platform === 'win32') {
    throw new AppError('USAGE', 'on Windows leafward-service.exe installs the service', {
      hint: `In the archive of an agent: .\\leafward-service.exe install leafward-${service} ${service} --settings ${service}.config`,
    });
  }
  const root = resolve(textOf(flags, 'root') ?? '/');
  if (!existsSync(root)) throw new AppError('USAGE', `--root: there is no folder ${root}`);
  if (root === '/' && process.getuid?.() !== 0 && flags['dryRun'] !== true) {
    throw new AppError('FORBIDDEN', 'only root may install a service or take one away', {
      hint: 'Put sudo before it, or add --dry-run to see what it would do.',
    });
  }
  return { root, place: installPlace(service, process.platform === 'darwin' && root === '/' ? 'darwin' : 'linux') };
}

function programToInstall(flags: Flags): string {
  const asked = textOf(flags, 'binary');
  const program = asked === undefined ? ownExecutable() : resolve(asked);
  if (program !== undefined && isAbsolute(program) && existsSync(program)) return program;
  throw new AppError(
    'NOT_FOUND',
    asked === undefined ? 'there is no executable to install' : `there is no ${program}`,
    {
      hint: 'Name it: --binary FILE.',
    },
  );
}

interface RunInput {
  readonly root: string;
  readonly place: ServicePlace;
  readonly dryRun: boolean;
}

function run(steps: readonly Step[], { root, place, dryRun }: RunInput): void {
  if (dryRun) {
    for (const step of steps) console.log(`would: ${stepWords(step, place.user)}`);
    return;
  }
  // Folders above ours are for everybody, whatever the umask of root's shell.
  process.umask(0o022);
  let changed = false;
  for (const step of steps) {
    if (!runStep(step, { root, user: place.user, changed })) continue;
    changed = true;
    console.log(`done: ${stepWords(step, place.user)}`);
  }
}

function nextStep(
  service: ServiceName,
  system: ServiceSystem,
  { root, start }: { root: string; start: boolean },
): string {
  const name = `leafward-${service}`;
  if (system === 'none') return `Nothing here starts services. It starts with: ${startLine(service)}`;
  if (root !== '/') {
    return system === 'systemd'
      ? `It starts with the system in ${root}.`
      : `In ${root}: update-rc.d ${name} defaults, or chkconfig --add ${name}.`;
  }
  const log = {
    systemd: `journalctl -u ${name}`,
    sysv: `/var/log/leafward/${service}.log`,
    launchd: `/usr/local/var/log/leafward/${service}.log`,
  }[system];
  return `${name} ${start ? 'runs, and starts with this machine' : 'starts with this machine'}. Its log: ${log}`;
}

function startLine(service: ServiceName): string {
  const { binary, settings } = installPlace(service, 'linux');
  return `${binary} ${service} --settings ${settings}`;
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
