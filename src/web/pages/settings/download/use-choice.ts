import { useEffect, useState } from 'preact/hooks';
import type { DownloadKind, DownloadTarget } from '../../../../wire/api/downloads.ts';
import { useAddress } from '../../../router.ts';
import { guessTarget } from './guess-target.ts';
import { type Way, waysOf } from './install-lines.ts';

export interface Choice {
  readonly kind: DownloadKind;
  readonly target: DownloadTarget;
  /** The platform was not chosen: it is that of this browser. */
  readonly guessed: boolean;
  readonly way: Way;
  readonly format: 'tar.gz' | 'zip';
}

/** What to download, from the address; what it does not say is what most people want. */
export function useChoice(targets: readonly DownloadTarget[]): Choice {
  const { query } = useAddress();
  const [guess, setGuess] = useState<DownloadTarget>('linux-x64');
  useEffect(() => {
    void guessTarget(navigator).then(setGuess);
  }, []);
  const asked = query.get('agent');
  const chosen = targets.find((target) => target === query.get('platform'));
  const target = chosen ?? guess;
  const ways = waysOf(target);
  const [first = 'archive'] = ways;
  const format = query.get('format') ?? (target.startsWith('win') ? 'zip' : 'tar.gz');
  return {
    kind: asked === 'backup' || asked === 'both' ? asked : 'monitoring',
    target,
    guessed: chosen === undefined,
    way: ways.find((way) => way === query.get('way')) ?? first,
    format: format === 'zip' ? 'zip' : 'tar.gz',
  };
}
