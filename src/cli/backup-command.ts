import { AppError } from '../runtime/errors.ts';
import { readSettings } from '../runtime/settings.ts';
import { apiSettings } from './api-settings.ts';
import { type BackupAction, backupActions } from './backup-actions.ts';
import { BackupApi } from './backup-api.ts';
import { ProgressPrinter } from './backup-progress.ts';
import type { Flags } from './commands.ts';

/** `leafward backup ACTION …`: exit status 0 only when what was asked for is done. */
export async function runBackupCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args;
  const { backupStoreActions } = await import('./backup-store-actions.ts');
  const onStore = backupStoreActions[name];
  if (onStore !== undefined) {
    console.log(await onStore(flags, rest));
    return;
  }
  const action: BackupAction | undefined = backupActions[name];
  if (action === undefined) {
    throw new AppError('USAGE', `leafward backup: there is no action "${name}"`, {
      hint: `Actions: ${[...Object.keys(backupActions), ...Object.keys(backupStoreActions)].join(', ')}.`,
    });
  }
  if (rest.length < action.least || rest.length > action.most) {
    throw new AppError('USAGE', `leafward backup ${name} takes ${action.args}`);
  }
  const settings = readSettings(apiSettings, { flags, env: process.env });
  const json = flags['json'] === true;
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort(new AppError('TIMEOUT', 'interrupted', { hint: 'The server goes on.' }));
  process.once('SIGINT', onInterrupt);
  const api = new BackupApi(settings, stop.signal);
  const progress = new ProgressPrinter(json);
  try {
    const outcome = await action.run({ api, flags, args: rest, progress, signal: stop.signal });
    progress.end();
    console.log(json ? JSON.stringify(outcome.json) : outcome.text);
    if (outcome.failed === true) process.exitCode = 1;
  } catch (thrown) {
    progress.end();
    throw thrown;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    await api.close();
  }
}
