import { commands } from '../../src/cli/all-commands.ts';
import type { CommandSpec } from '../../src/cli/commands.ts';
import { errorKinds } from '../../src/runtime/error-codes.ts';
import { dashed, environmentName, type Setting, type SettingsTable } from '../../src/runtime/settings.ts';

export interface ManPage {
  /** File name: `leafward-server.1`. */
  readonly name: string;
  readonly roff: string;
}

/** What stands in the foot of every page. */
export interface ManFacts {
  readonly version: string;
  /** `2026-11-21`. */
  readonly date: string;
}

/** The manual of the executable: `leafward.1`, and a page for each command, from the tables that `--help` prints. */
export async function commandPages(facts: ManFacts): Promise<ManPage[]> {
  const pages = await Promise.all(commands.map((spec) => commandPage(spec, facts)));
  return [overview(facts), ...pages];
}

/** `leafward-monitoring-agent.config.5` and the like: every setting of a service. */
export function settingsPage(service: string, table: SettingsTable, facts: ManFacts): ManPage {
  const name = `leafward-${service}.config`;
  const lines = [
    ...head(name, 5, facts, `settings of leafward ${service}`),
    '.SH DESCRIPTION',
    text(
      `/etc/leafward/${service}.config holds one setting a line: name = value. # begins a comment; values may stand in double quotes.`,
    ),
    '.PP',
    text(
      `Files in /etc/leafward/${service}.d whose names end in .config are read after it, in the order of their names; what they say goes before.`,
    ),
    '.PP',
    text(
      'A flag goes before an environment variable, and that before the files. Of a setting that is a secret, nameFile = path may name a file that holds it.',
    ),
    '.SH SETTINGS',
    ...Object.entries(table).flatMap(([key, setting]) => settingEntry(key, setting)),
    '.SH FILES',
    '.TP',
    bold(`/etc/leafward/${service}.config`),
    text('Readable by root and the group leafward alone: it holds keys.'),
    '.TP',
    bold(`/etc/leafward/${service}.d/*.config`),
    text('More of the same; kept apart from the file of the package.'),
    '.SH SEE ALSO',
    `.BR leafward-${dashes(service)} (1)`,
  ];
  return { name: `${name}.5`, roff: page(lines) };
}

function overview(facts: ManFacts): ManPage {
  const statuses = new Map<number, string[]>();
  for (const [code, { exit }] of Object.entries(errorKinds)) statuses.set(exit, [...(statuses.get(exit) ?? []), code]);
  const lines = [
    ...head('leafward', 1, facts, 'watches and backs up MongoDB on your own machines'),
    '.SH SYNOPSIS',
    '.B leafward',
    '.I command',
    '.RI [ flags ]',
    '.br',
    '.B leafward --version',
    '.RB [ --json ]',
    '.SH DESCRIPTION',
    text(
      'One executable: the server with its pages, the monitoring agent, the backup agent, and the tools around them. Agents connect outwards only and never write to a deployment.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(({ name, summary }) => ['.TP', `.BR ${dashes(pageOf(name))} (1)`, text(`${summary}.`)]),
    '.SH EXIT STATUS',
    text('0 after success. Errors end with a status of sysexits.h; each has a code, which the message ends with:'),
    ...[...statuses]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([exit, codes]) => ['.TP', bold(String(exit)), text(codes.join(', '))]),
    '.SH FILES',
    '.TP',
    bold('/etc/leafward'),
    text('Settings of the services.'),
    '.TP',
    bold('/var/lib/leafward'),
    text('What they keep.'),
    '.TP',
    bold('/var/log/leafward'),
    text('Their logs, where they do not go to the journal.'),
    '.SH SEE ALSO',
    commands.map(({ name }) => `.BR ${dashes(pageOf(name))} (1)`).join(' ,\n'),
  ];
  return { name: 'leafward.1', roff: page(lines) };
}

async function commandPage(spec: CommandSpec, facts: ManFacts): Promise<ManPage> {
  const table = (await spec.settings?.()) ?? {};
  const service =
    spec.longRunning &&
    spec.flags.some(({ name }) => name === 'settings') &&
    spec.name !== 'up' &&
    spec.name !== 'demo';
  const also = service ? `.BR leafward (1) ,\n.BR leafward-${dashes(spec.name)}.config (5)` : '.BR leafward (1)';
  const lines = [
    ...head(pageOf(spec.name), 1, facts, spec.summary),
    '.SH SYNOPSIS',
    `.B leafward ${dashes(spec.name)}`,
    ...(spec.args === undefined ? [] : [`.I ${escaped(spec.args)}`]),
    '.RI [ flags ]',
    '.SH DESCRIPTION',
    text(`${spec.summary}.`),
    ...(spec.longRunning
      ? [
          '.PP',
          text(
            'Runs until SIGTERM. SIGHUP opens its log again and reads its settings again. It refuses to run as root; --allow-root allows it.',
          ),
        ]
      : []),
    '.SH OPTIONS',
    ...spec.flags.flatMap(({ name, value, help }) => entry(`--${dashed(name)}`, value, help)),
    ...Object.entries(table).flatMap(([name, setting]) => settingFlag(name, setting)),
    ...entry('--help', undefined, 'Prints what the command takes.'),
    ...(spec.examples === undefined
      ? []
      : ['.SH EXAMPLES', ...spec.examples.flatMap((line) => ['.EX', text(line), '.EE'])]),
    '.SH SEE ALSO',
    also,
  ];
  return { name: `${pageOf(spec.name)}.1`, roff: page(lines) };
}

/** `monitoring-agent status` has the page leafward-monitoring-agent-status. */
function pageOf(command: string): string {
  return `leafward-${command.replaceAll(' ', '-')}`;
}

/** Secrets are named by a file only, as in `--help`. */
function settingFlag(name: string, setting: Setting): string[] {
  const flag = setting.secret === true ? `--${dashed(name)}-file` : `--${dashed(name)}`;
  const kind = setting.secret === true ? 'path' : (setting.choices?.join('|') ?? setting.kind);
  const variable = setting.secret === true ? `${environmentName(name)}_FILE` : environmentName(name);
  const value = setting.secret !== true && setting.kind === 'boolean' ? undefined : kind;
  return [...entry(flag, value, withDefault(setting)), '.br', text(`Environment: ${variable}.`)];
}

function settingEntry(name: string, setting: Setting): string[] {
  const kind = setting.choices?.join('|') ?? setting.kind;
  const must = setting.required === true ? ['.br', text('Required.')] : [];
  const file = setting.secret === true ? ['.br', text(`Or ${name}File = path.`)] : [];
  return ['.TP', `${bold(name)} = \\fI${escaped(kind)}\\fR`, text(withDefault(setting)), ...must, ...file];
}

function withDefault({ help, default: standard }: Setting): string {
  return standard === undefined ? help : `${help} Default: ${standard}.`;
}

function entry(flag: string, value: string | undefined, help: string): string[] {
  const term = value === undefined ? bold(flag) : `${bold(flag)} \\fI${escaped(value)}\\fR`;
  return ['.TP', term, text(/[.!?]$/.test(help) ? help : `${help}.`)];
}

function head(name: string, section: number, { version, date }: ManFacts, summary: string): string[] {
  return [
    `.TH "${dashes(name.toUpperCase())}" "${section}" "${date}" "Leafward ${escaped(version)}" "Leafward"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${dashes(name)} \\- ${escaped(summary)}`,
  ];
}

function page(lines: readonly string[]): string {
  return `.\\" Made by build/packages from the tables of the program: do not edit.\n${lines.join('\n')}\n`;
}

function bold(words: string): string {
  return `\\fB${escaped(words)}\\fR`;
}

/** A line of text: a dot or an apostrophe at its beginning would be a request. */
function text(words: string): string {
  return escaped(words).replace(/^(?=[.'])/, '\\&');
}

/** Backslashes and, because people copy them, hyphens as they are typed. */
function escaped(words: string): string {
  return dashes(words.replaceAll('\\', '\\e')).replaceAll('"', '\\(dq').replaceAll("'", '\\(aq');
}

function dashes(words: string): string {
  return words.replaceAll('-', '\\-');
}
