import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';

/** A replica set whose members run different versions: an upgrade that was begun and not ended. */
export const versionsMixed: ConditionType<'versionsMixed'> = {
  kind: 'versionsMixed',
  find: (_condition, { sets, hostByName, blind }) =>
    sets.map(({ report: { replicaSetId, name, members } }) => {
      const versions = new Map<string, string[]>();
      for (const { host } of members) {
        const version = hostByName.get(host)?.report?.version;
        if (version !== undefined) versions.set(version, [...(versions.get(version) ?? []), hostWords(host)]);
      }
      return {
        subject: { kind: 'set', id: replicaSetId, label: name },
        truth: blind || versions.size === 0 ? 'unknown' : versions.size > 1 ? 'holds' : 'gone',
        value: versions.size,
        threshold: 1,
        words: () => ({
          title: `${name} runs ${versions.size} versions of MongoDB`,
          detail: `${[...versions].map(([version, hosts]) => `${version} on ${hosts.join(', ')}`).join('; ')}. That is meant for the time of an upgrade only: finish it.`,
        }),
      };
    }),
};
