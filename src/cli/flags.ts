import { type CAC, type Command, cac } from 'cac';
import { closest } from '../runtime/closest.ts';
import { AppError } from '../runtime/errors.ts';
import { dashed, type Setting, type SettingsTable } from '../runtime/settings.ts';
import type { CommandSpec, Flags } from './commands.ts';

interface CommandLine {
  /** By setting name; values are text as it was typed, switches are booleans. */
  readonly flags: Flags;
  readonly args: readonly string[];
  /** `--help` was asked for and printed. */
  readonly helped: boolean;
}

/** Parses what stands after the command's name. Unknown flags and wrong numbers of arguments throw USAGE. */
export function parseCommandLine(spec: CommandSpec, table: SettingsTable, words: readonly string[]): CommandLine {
  // The first word of "monitoring-agent status" is part of the program's name for cac.
  const [name = '', ...before] = spec.name.split(' ').toReversed();
  const cli = cac(['leafward', ...before.toReversed()].join(' ')).help((sections) => explain(sections, spec));
  const command = describe(cli, name, spec, table);
  const argv = ['node', 'leafward', name, ...words];
  const { args, options } = cli.parse(argv, { run: false });
  if (options['help'] === true) return { flags: {}, args: [], helped: true };
  checkUnknown(command, cli, options, spec);
  try {
    command.checkOptionValue();
    command.checkRequiredArgs();
    command.checkUnusedArgs();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('USAGE', `leafward ${spec.name}: ${message}`, { cause, hint: helpHint(spec) });
  }
  const { '--': rest, ...given } = options;
  return {
    flags: asTyped(given, words, spec),
    args: [...args, ...(Array.isArray(rest) ? rest : [])].map(String),
    helped: false,
  };
}

/** What the command is for stands first, and its actions before its flags. */
function explain(sections: { title?: string; body: string }[], spec: CommandSpec): void {
  const { actions = [] } = spec;
  const width = Math.max(...actions.map(([usage]) => usage.length));
  const body = actions.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}`).join('\n');
  sections.splice(0, 1, { body: `leafward ${spec.name}: ${spec.summary}` });
  if (actions.length > 0) sections.splice(2, 0, { title: 'Actions', body });
}

function describe(cli: CAC, name: string, spec: CommandSpec, table: SettingsTable): Command {
  const command = cli.command([name, spec.args].filter((part) => part !== undefined).join(' '), spec.summary);
  for (const flag of spec.flags) {
    command.option(`--${dashed(flag.name)}${flag.value === undefined ? '' : ` <${flag.value}>`}`, flag.help);
  }
  for (const [name, setting] of Object.entries(table)) describeSetting(command, name, setting);
  if (spec.longRunning) command.option('--allow-root', 'Run as root although that is not needed');
  for (const example of spec.examples ?? []) command.example(`  ${example}`);
  return command;
}

/** Secrets are named by a file only: a command line can be read by every user of the machine. */
function describeSetting(command: Command, name: string, setting: Setting): void {
  const sentence = setting.help.split(/(?<=\.)\s/)[0] ?? '';
  const help = setting.default === undefined ? sentence : `${sentence} (default: ${setting.default})`;
  if (setting.secret) command.option(`--${dashed(name)}-file <path>`, help);
  else if (setting.kind === 'boolean') command.option(`--${dashed(name)}`, help);
  else command.option(`--${dashed(name)} <${setting.choices?.join('|') ?? setting.kind}>`, help);
}

function checkUnknown(command: Command, cli: CAC, options: Flags, spec: CommandSpec): void {
  const known = [...command.options, ...cli.globalCommand.options].flatMap((option) => option.names);
  for (const name of Object.keys(options)) {
    if (name === '--' || known.includes(name)) continue;
    const meant = known.includes(`${name}File`) ? `${name}File` : closest(name, known);
    const typed = name.length === 1 ? `-${name}` : `--${dashed(name)}`;
    const hint = meant === undefined ? helpHint(spec) : `Did you mean --${dashed(meant)}? ${helpHint(spec)}`;
    throw new AppError('USAGE', `leafward ${spec.name}: there is no flag ${typed}`, { hint });
  }
}

function helpHint(spec: CommandSpec): string {
  return `"leafward ${spec.name} --help" lists what it takes.`;
}

/** cac turns what looks like a number into one, so that a group id of 12e5 would become 1200000: take the text itself. */
function asTyped(options: Flags, words: readonly string[], spec: CommandSpec): Flags {
  const typed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const texts = textsOf(`--${dashed(name)}`, words);
    if (spec.flags.some((flag) => flag.name === name && flag.many === true)) typed[name] = texts;
    else if (Array.isArray(value)) throw new AppError('USAGE', `--${dashed(name)} is given more than once`);
    else typed[name] = typeof value === 'number' ? texts[0] : value;
  }
  return typed;
}

function textsOf(flag: string, words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (word === flag) return words[index + 1] ?? [];
    return word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : [];
  });
}
