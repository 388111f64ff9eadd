import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import { stateTruth } from './host-state.ts';

const words: Readonly<Record<string, string>> = {
  recovering: 'is recovering and serves no reads',
  startup: 'is starting up or copying its data anew',
};

/** A member that is neither primary nor secondary though it runs: RECOVERING or STARTUP2. */
export const hostRecovering: ConditionType<'hostRecovering'> = {
  kind: 'hostRecovering',
  find: (_condition, snapshot) =>
    snapshot.hosts.map((host) => ({
      subject: { kind: 'host', id: host.id, label: host.host },
      truth: stateTruth(host, snapshot, Object.keys(words)),
      value: null,
      threshold: null,
      words: () => ({
        title: `${hostWords(host.host)} ${words[host.report?.role ?? ''] ?? 'is recovering'}`,
        detail:
          'It counts as a voter but cannot become primary. Read its log: it says how far it is, or that it is too far behind and needs a resync.',
      }),
    })),
};
