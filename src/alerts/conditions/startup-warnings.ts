import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';

const shownLines = 3;

/** A process that warned of its surroundings when it began. */
export const startupWarnings: ConditionType<'startupWarnings'> = {
  kind: 'startupWarnings',
  needs: () => ({ startupWarnings: true }),
  find: (_condition, { hosts, blind }) =>
    hosts.map((host) => {
      const warnings = host.startupWarnings;
      const lines = warnings ?? [];
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: blind || warnings === null ? 'unknown' : lines.length > 0 ? 'holds' : 'gone',
        value: lines.length,
        threshold: 0,
        words: () => ({
          title: `${hostWords(host.host)} warned of ${lines.length === 1 ? 'something' : `${lines.length} things`} at its start`,
          detail: `${lines.slice(0, shownLines).join(' ').slice(0, 1000)} ${lines.length > shownLines ? 'All of them stand' : 'It stands'} on the page of the host (Info). Mend it and restart the process.`,
        }),
      };
    }),
};
