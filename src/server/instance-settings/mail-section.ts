import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { changeMailSettings, mailSettings } from '../../wire/api/instance.ts';
import type { InstanceSection } from './instance-section.ts';

const value = z.object({
  host: z.string().nullable().default(null),
  port: z.number().int().default(587),
  security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
  username: z.string().nullable().default(null),
  from: z.string().nullable().default(null),
  caCertificate: z.string().nullable().default(null),
});

/** How mail leaves; a fresh instance: not at all. */
export const mailSection: InstanceSection<z.output<typeof value>, typeof mailSettings, typeof changeMailSettings> = {
  name: 'mail',
  value,
  shown: mailSettings,
  change: changeMailSettings,
  show: ({ value: shown, secrets }) => ({ ...shown, passwordSet: secrets['password'] !== undefined }),
  apply({ value: before, secrets }, { password, ...given }) {
    const after = value.parse({ ...before, ...given });
    if (after.host !== null && after.from === null) {
      throw new AppError('INPUT_INVALID', 'mail needs an address that it comes from', { details: { field: 'from' } });
    }
    if (after.caCertificate !== null) checkCertificate(after.caCertificate);
    // A password is for the server that it was typed for: nobody gets it by naming another one.
    const isElsewhere = after.host !== before.host || after.username !== before.username;
    const kept = isElsewhere ? undefined : secrets['password'];
    const next = password === undefined ? kept : (password ?? undefined);
    return { value: after, secrets: next === undefined ? {} : { password: next } };
  },
};

function checkCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new AppError('INPUT_INVALID', 'the CA certificate is not a certificate in PEM form', {
      cause,
      details: { field: 'caCertificate' },
    });
  }
}
