import type { DrillSource, DrillTarget } from '../capture/drill/drill-target.ts';
import { parseTimestamp } from '../model/optime.ts';
import type { DrillReport } from '../restore/drill.ts';
import type { RestoreProgress } from '../restore/progress.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { DrillOutcome, DrillProgress } from '../wire/backup-messages.ts';

const connections = 2;
const mostNamed = 5;
const mostDoing = 10;

/** The agent's target of drills. One at a time: the sets of an agent share it. @throws SETTINGS_INVALID */
export function openDrillTarget(uri: string): DrillTarget {
  const name = hostsOf(uri);
  let before: Promise<unknown> = Promise.resolve();
  return {
    name,
    run(source, signal, onProgress) {
      const running = before.then(() => runDrill(uri, source, signal, onProgress)).catch(throwForDrills);
      before = running.catch(() => {});
      return running;
    },
  };
}

/** Restores speak of the flags of `leafward restore`; a drill has none. */
function throwForDrills(thrown: unknown): never {
  const { code, message, hint, retryable, details } = toAppError(thrown);
  const next =
    code === 'MONGODB_PRIVILEGE_MISSING'
      ? 'The user of drillTarget needs the roles restore, readWriteAnyDatabase, dbAdminAnyDatabase and clusterMonitor on admin.'
      : hint.includes('--')
        ? 'drillTarget names a mongod that is there for drills alone: empty at first, and at least as new as the source.'
        : hint;
  throw new AppError(code, message, { hint: next, retryable, details, cause: thrown });
}

/** Loaded when the first drill runs. */
async function runDrill(
  uri: string,
  source: DrillSource,
  signal: AbortSignal,
  onProgress: (progress: DrillProgress) => void,
): Promise<DrillOutcome> {
  signal.throwIfAborted();
  const { Target } = await import('../restore/target.ts');
  const { drill } = await import('../restore/drill.ts');
  const { sourceCollectionOf } = await import('../restore/http-source.ts');
  const { view, replicaSetId } = source;
  await using target = await Target.open({ uri, connections, signal });
  const restored = {
    optime: { ts: parseTimestamp(view.optime.ts), term: view.optime.term },
    sourceVersion: view.sourceVersion,
    replicaSetId,
    collections: view.collections.map(sourceCollectionOf),
    chunks: source.chunks,
    close: async () => {},
  };
  const told = (progress: RestoreProgress): void =>
    onProgress({ ...progress, doing: progress.doing.slice(0, mostDoing).map((one) => one.slice(0, 500)) });
  return outcomeOf(await drill(restored, target, told));
}

function outcomeOf({ report, differences }: DrillReport): DrillOutcome {
  const { documents, bytes, collections, indexes } = report;
  if (differences.length === 0) {
    const message = `${collections.length} collections, ${documents} documents and ${indexes} indexes were restored, read back, and are what was backed up.`;
    return { ok: true, message, documents, bytes };
  }
  const more = differences.length > mostNamed ? `; and ${differences.length - mostNamed} more` : '';
  return {
    ok: false,
    message: `Not as it was backed up: ${differences.slice(0, mostNamed).join('; ')}${more}`,
    documents,
    bytes,
  };
}

/**
 * For people: the connection string without credentials and options. An `@` behind the hosts is one of a password that is not escaped:
 * what stands before it may be another part of the password.
 */
function hostsOf(uri: string): string {
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^/?@]+)(?:[/?][^@]*)?$/.exec(uri.trim())?.[1];
  if (hosts !== undefined && hosts.length <= 400) return hosts;
  throw new AppError('SETTINGS_INVALID', 'drillTarget is no connection string of MongoDB', {
    hint: 'Expected mongodb://[user:password@]host:port[,host:port…]/[?options], with @, : and / in a password written as %40, %3A and %2F.',
  });
}
