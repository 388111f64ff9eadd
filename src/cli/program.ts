import { isSea } from 'node:sea';
import { buildInfo } from '../runtime/build-info.ts';
import { closest } from '../runtime/closest.ts';
import { holdEarlySignals } from '../runtime/early-signals.ts';
import { AppError } from '../runtime/errors.ts';
import { commands } from './all-commands.ts';
import type { CommandSpec } from './commands.ts';

/** Runs the command that the words name; resolves when it has ended. Throws AppError. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const [first, second, ...third] = words;
  const rest = words.slice(1);
  if (first === '--version' || first === '-v' || first === 'version') return printVersion(rest);
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') return printHelp();
  const action = commands.find(({ name }) => name === `${first} ${second}`);
  if (action !== undefined) return runCommand(action, third);
  const spec = commands.find(({ name }) => name === first);
  if (spec === undefined) throw unknownCommand(first);
  await runCommand(spec, rest);
}

async function runCommand(spec: CommandSpec, words: readonly string[]): Promise<void> {
  if (spec.longRunning) holdEarlySignals();
  const { parseCommandLine } = await import('./flags.ts');
  const table = (await spec.settings?.()) ?? {};
  const { flags, args, helped } = parseCommandLine(spec, table, words);
  if (helped) return;
  const rootAllowed = flags['allowRoot'] === true || process.env['LEAFWARD_ALLOW_ROOT'] === 'true';
  if (spec.longRunning && process.getuid?.() === 0 && !rootAllowed) {
    throw runsAsRoot(spec, words);
  }
  const run = await spec.load();
  await run(flags, args);
}

/** With the line that starts it as the user that packages make. */
function runsAsRoot(spec: CommandSpec, words: readonly string[]): AppError {
  const program = isSea() ? process.execPath : 'leafward';
  const line = [program, spec.name, ...words].map(shellWord).join(' ');
  return new AppError('RUNS_AS_ROOT', `leafward ${spec.name} needs no rights of root, and does not run as root`, {
    hint: `Run it as a user of its own: sudo -u leafward ${line} (no such user yet: sudo useradd --system leafward). If root is meant, add --allow-root.`,
  });
}

function shellWord(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function printVersion(words: readonly string[]): void {
  if (words.length === 0) console.log(`leafward ${buildInfo.version}`);
  else if (words.length === 1 && words[0] === '--json') {
    console.log(JSON.stringify({ ...buildInfo, node: process.versions.node }));
  } else throw new AppError('USAGE', `leafward --version takes only --json, not ${words.join(' ')}`);
}

function printHelp(): void {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  console.log(
    [
      `leafward ${buildInfo.version}: watches MongoDB on your own machines`,
      '',
      'Usage: leafward <command> [flags]',
      '',
      ...lines,
      '',
      '"leafward <command> --help" lists the flags of a command, "leafward --version [--json]" says what this is.',
    ].join('\n'),
  );
}

function unknownCommand(name: string): AppError {
  const known = commands.map((command) => command.name);
  const meant = closest(name, known);
  const flag = name.startsWith('-') ? 'flag' : 'command';
  return new AppError('USAGE', `there is no ${flag} ${name}`, {
    hint: meant === undefined ? `Commands: ${known.join(', ')}.` : `Did you mean "leafward ${meant}"?`,
  });
}
