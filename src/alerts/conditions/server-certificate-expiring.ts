import type { ConditionType } from '../condition.ts';
import { dayMs, endWords } from './end-words.ts';

/** The certificate that this server shows to agents and browsers, unless it renews it by itself. */
export const serverCertificateExpiring: ConditionType<'serverCertificateExpiring'> = {
  kind: 'serverCertificateExpiring',
  find: ({ days }, { server: { certificate }, groupId, nowMs }) => {
    if (certificate === null || certificate.renewsItself) return [];
    const leftMs = certificate.notAfterMs - nowMs;
    return [
      {
        subject: { kind: 'group', id: groupId, label: 'this server' },
        truth: leftMs < days * dayMs ? 'holds' : 'gone',
        value: leftMs / dayMs,
        threshold: days,
        words: () => ({
          title: `The TLS certificate of this server ${endWords(certificate.notAfterMs, nowMs)}`,
          detail:
            'After that agents cannot report and browsers refuse the pages. Put a new certificate and key in the files that the settings of the server name; they are read again by themselves.',
        }),
      },
    ];
  },
};
