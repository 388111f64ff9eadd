import { homedir } from 'node:os';
import { join } from 'node:path';
import { createLog, type LogLevel } from '../runtime/log.ts';
import { readSettings } from '../runtime/settings.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { startChildGuard } from './child-guard.ts';
import type { Flags } from './commands.ts';
import { runTogether } from './run-together.ts';
import { parseSeedUri } from './seed-uri.ts';
import { startServer } from './start-server.ts';
import { upSettings } from './up-settings.ts';

/** `leafward up [uri]`: server and agents on this machine, for good. The URI may also stand in $MONGODB_URI. */
export async function runUpCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const file = flags['settings'];
  const settings = readSettings(upSettings, { flags, env: process.env, ...(typeof file === 'string' ? { file } : {}) });
  const uri = args[0] ?? process.env['MONGODB_URI'];
  const seed = uri === undefined || uri === '' ? undefined : await parseSeedUri(uri);
  const dataDir =
    settings.dataDir ?? join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'leafward');
  const { listen, publicUrl, trustProxy, insecureHttp } = settings;
  const logLevel = levelOf(settings.logLevel);
  const log = createLog({ level: logLevel, format: 'text', write: (line) => process.stderr.write(`${line}\n`) });
  const shutdown = createShutdown({ log });
  const guard = startChildGuard();
  shutdown.onClose('guard', () => guard.close());
  const tls = settings.tls === 'auto' ? ('auto' as const) : ('off' as const);
  try {
    const options = { dataDir, listen, publicUrl, tls, trustProxy, insecureHttp, approveAgents: true, log };
    const server = await shutdown.onceOpen('server', startServer(options), (started) => started.close());
    shutdown.signal.throwIfAborted();
    const groupName = 'My deployment';
    const { link, signsIn } = await runTogether({ server, dataDir, groupName, seed, logLevel, guard, log, shutdown });
    console.log(`Leafward keeps everything in ${dataDir}.`);
    if (seed !== undefined)
      console.log(`It watches ${seed.hosts.join(', ')} and the members that it finds from there.`);
    else console.log('It watches nothing yet: add a host on the page, or start with leafward up mongodb://HOST:PORT.');
    console.log(signsIn ? `\nThis link signs in, once:\n\n  ${link}\n` : `\nSign in at\n\n  ${link}\n`);
    console.log('Ctrl-C ends server and agents.');
  } catch (thrown) {
    const stopped = shutdown.signal.aborted;
    shutdown.begin('the start failed');
    await shutdown.done().catch(() => {});
    if (stopped) return;
    throw thrown;
  }
  await shutdown.done();
}

/** The level as the log takes it. */
export function levelOf(level: string): LogLevel {
  return level === 'error' || level === 'info' || level === 'debug' ? level : 'warn';
}
