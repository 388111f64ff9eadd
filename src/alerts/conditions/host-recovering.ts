import type { ConditionType, Truth } from '../condition.ts';
import { hostWords } from '../message.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';

const words: Readonly<Record<string, string>> = {
  recovering: 'is recovering and serves no reads',
  startup: 'is starting up or copying its data anew',
  rollback: 'is rolling back writes that its new primary does not have',
};

/** A member that is neither primary nor secondary though it runs: RECOVERING, STARTUP2 or ROLLBACK. */
export const hostRecovering: ConditionType<'hostRecovering'> = {
  kind: 'hostRecovering',
  find: (_condition, snapshot) =>
    snapshot.hosts.map((host) => ({
      subject: { kind: 'host', id: host.id, label: host.host },
      truth: truth(host, snapshot),
      value: null,
      threshold: null,
      words: () => ({
        title: `${hostWords(host.host)} ${words[host.report?.role ?? ''] ?? 'is recovering'}`,
        detail:
          'It counts as a voter but cannot become primary. Read its log: it says how far it is, or that it is too far behind and needs a resync.',
      }),
    })),
};

function truth(host: HostView, snapshot: GroupSnapshot): Truth {
  const { report } = host;
  if (
    report === null ||
    !report.reachable ||
    report.role === undefined ||
    report.role === 'unknown' ||
    snapshot.blind
  ) {
    return 'unknown';
  }
  return Object.hasOwn(words, report.role) ? 'holds' : 'gone';
}
