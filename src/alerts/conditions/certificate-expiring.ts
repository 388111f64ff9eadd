import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import { dayMs, endWords } from './end-words.ts';

/** What mongod says of its own certificate (serverStatus.security), as milliseconds. */
const notAfter = 'serverStatus.security.SSLServerCertificateExpirationDate';

/** The TLS certificate of a host ends soon. Hosts without TLS say nothing and are watched for nothing. */
export const certificateExpiring: ConditionType<'certificateExpiring'> = {
  kind: 'certificateExpiring',
  needs: () => ({ metrics: [notAfter] }),
  find: ({ days }, snapshot) =>
    snapshot.hosts.map((host) => {
      const endsAtMs = snapshot.latest.get(notAfter)?.get(host.id);
      const leftMs = endsAtMs === undefined ? null : endsAtMs - snapshot.nowMs;
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: snapshot.blind || leftMs === null ? 'unknown' : leftMs < days * dayMs ? 'holds' : 'gone',
        value: leftMs === null ? null : leftMs / dayMs,
        threshold: days,
        words: () => ({
          title: `The TLS certificate of ${hostWords(host.host)} ${endWords(endsAtMs ?? 0, snapshot.nowMs)}`,
          detail:
            'After that clients that check certificates cannot connect, nor can the other members. Put a new certificate in its place; from MongoDB 5.0 on "db.rotateCertificates()" takes it without a restart.',
        }),
      };
    }),
};
