import { type CommandSpec, otherCommands } from './commands.ts';
import { serviceCommands } from './service-commands.ts';

/** Every command of the executable, in the order in which `--help` lists them. */
export const commands: readonly CommandSpec[] = [...serviceCommands, ...otherCommands];
