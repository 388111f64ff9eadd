import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import { stateTruth } from './host-state.ts';

/** A member that undoes writes which its new primary does not have. */
export const hostRollback: ConditionType<'hostRollback'> = {
  kind: 'hostRollback',
  find: (_condition, snapshot) =>
    snapshot.hosts.map((host) => ({
      subject: { kind: 'host', id: host.id, label: host.host },
      truth: stateTruth(host, snapshot, ['rollback']),
      value: null,
      threshold: null,
      words: () => ({
        title: `${hostWords(host.host)} is rolling back writes that its new primary does not have`,
        detail:
          'It was primary and lost an election before its last writes reached a majority. What it undoes is written to the "rollback" folder beside its data: look there, and use write concern "majority" for what must not be lost.',
      }),
    })),
};
