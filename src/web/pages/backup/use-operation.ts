import { useEffect, useState } from 'preact/hooks';
import type { BackupOperation } from '../../../wire/api/backups.ts';
import { ApiError, get, send } from '../../api.ts';
import { useAction } from '../../components/action.ts';

/** Work that may outlast a request: asked for by POST to `path`, followed to its end while the page is open. */
export function useOperation(groupId: string, path: string, onDone: () => void) {
  const [operation, setOperation] = useState<BackupOperation | null>(null);
  const [ended] = useState(() => new AbortController());
  useEffect(() => () => ended.abort(), []);
  const { busy, error, run } = useAction(async () => {
    let now = await send<BackupOperation>('POST', path);
    setOperation(now);
    while (now.state === 'running' && !ended.signal.aborted) {
      const wait = `/groups/${groupId}/backup-operations/${encodeURIComponent(now.id)}?waitSeconds=10`;
      now = await get<BackupOperation>(wait, ended.signal);
      setOperation(now);
    }
    onDone();
    if (now.error !== null) throw new ApiError(200, now.error);
  });
  return { operation, busy, error, run: () => run() };
}
