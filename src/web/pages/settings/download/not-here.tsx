import type { DownloadChoices } from '../../../../wire/api/downloads.ts';
import { Command } from '../../../components/command.tsx';
import { Shape } from '../../../components/status.tsx';
import type { Choice } from './use-choice.ts';

/** Why this server cannot give what was chosen, and what its administrator does about it; null when it can. */
export function notHere({ target, way }: Choice, choices: DownloadChoices) {
  if (way === 'apt' || way === 'yum') {
    return choices.repositories[way] === null ? <NoRepository /> : null;
  }
  const state = choices.targets.find((one) => one.target === target);
  if (state === undefined || state.available) return null;
  return (
    <div class="form" role="status">
      <div class="verdict warn">
        <Shape health="warn" />
        <h2>{state.reason}</h2>
        <p>Whoever runs the server adds it on its machine with the line below, or by the package leafward-artifacts.</p>
      </div>
      <Command text={`leafward admin artifacts add leafward-${choices.version}-${target}.artifact`} />
    </div>
  );
}

function NoRepository() {
  return (
    <div class="verdict warn" role="status">
      <Shape health="warn" />
      <h2>This server has no package repository.</h2>
      <p>
        Put what <code>make repositories</code>, or a release, holds into the folder repositories of its data directory;
        it serves it at once. Until then take the archive, or install a package file of a release with{' '}
        <code>apt-get install ./FILE.deb</code> or <code>dnf install ./FILE.rpm</code>.
      </p>
    </div>
  );
}
