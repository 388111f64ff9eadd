import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import type { GroupSnapshot } from '../ports.ts';
import { knownReleases, releaseOf } from './known-releases.ts';

/** A host that is patch releases behind the newest of its series. */
export const versionBehind: ConditionType<'versionBehind'> = {
  kind: 'versionBehind',
  find: ({ patches }, snapshot) => {
    const newest = newestPatches(snapshot);
    return snapshot.hosts.map((host) => {
      const version = host.report?.version ?? '';
      const release = releaseOf(version);
      const patch = newest.get(release?.series ?? '');
      const behind = release === undefined || patch === undefined ? null : patch - release.patch;
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: snapshot.blind || behind === null ? 'unknown' : behind >= patches ? 'holds' : 'gone',
        value: behind,
        threshold: patches,
        words: () => ({
          title: `${hostWords(host.host)} runs MongoDB ${version}, ${behind} patch releases behind ${release?.series}.${patch}`,
          detail:
            'Patch releases mend bugs and security holes and need no other change: upgrade the secondaries one by one, then step the primary down and upgrade it.',
        }),
      };
    });
  },
};

function newestPatches({ hosts }: GroupSnapshot): ReadonlyMap<string, number> {
  const newest = new Map(knownReleases);
  for (const { report } of hosts) {
    const release = report?.version === undefined ? undefined : releaseOf(report.version);
    if (release === undefined) continue;
    newest.set(release.series, Math.max(newest.get(release.series) ?? 0, release.patch));
  }
  return newest;
}
