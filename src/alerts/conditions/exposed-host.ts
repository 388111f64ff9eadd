import type { ExposureFinding, HostExposure } from '../../wire/api/exposure.ts';
import type { ConditionType, Truth } from '../condition.ts';
import { hostWords } from '../message.ts';

const words = {
  private: 'has no public address',
  closed: 'is not reachable from outside',
  otherService: 'is reachable from outside: something that is not MongoDB answers',
  mongodb: 'is reachable from outside: MongoDB answers',
  open: 'is open to everybody: MongoDB lists its databases without a login',
} as const;

/** MongoDB of a host answers to a look from outside. Hosts that are not looked at are not watched. */
export const exposedHost: ConditionType<'exposedHost'> = {
  kind: 'exposedHost',
  find: ({ finding }, { hosts }) =>
    hosts.flatMap(({ id, host, exposure }) => {
      if (exposure === undefined) return [];
      return {
        subject: { kind: 'host', id, label: host },
        truth: truthOf(exposure, finding),
        value: null,
        threshold: null,
        words: () => ({
          title: `${hostWords(host)} ${words[exposure.finding ?? 'closed']}`,
          detail: exposure.detail,
        }),
      };
    }),
};

function truthOf({ finding, severity }: HostExposure, wanted: ExposureFinding | undefined): Truth {
  if (finding === null || severity === 'unknown') return 'unknown';
  if (wanted !== undefined) return finding === wanted ? 'holds' : 'gone';
  return severity === 'warn' || severity === 'bad' ? 'holds' : 'gone';
}
