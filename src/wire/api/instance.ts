import { z } from 'zod';

/**
 * Settings of the whole instance, one section each: `GET /instance/<section>` gives `shown`, `PATCH` takes `change` (a
 * field that is left out stays) and gives `shown`. Secrets are in `change` only. A new section is a file like this
 * one's parts and a line where the sections are joined (src/server/instance-settings/sections.ts).
 */

/** How mail leaves. Null host: no mail is sent. */
export const mailSettings = z.object({
  host: z.string().nullable(),
  port: z.number().int(),
  /** tls: from the first byte (465). starttls: demanded after the greeting (587). none: in clear, also the password. */
  security: z.enum(['tls', 'starttls', 'none']),
  username: z.string().nullable(),
  passwordSet: z.boolean(),
  /** `name@example.net` or `Leafward <name@example.net>`; null while nothing is set. */
  from: z.string().nullable(),
  /** PEM of the CA that signed the server's certificate; null: those that the system knows. */
  caCertificate: z.string().nullable(),
});
const fromAddress = z
  .string()
  .trim()
  .max(400)
  .regex(/^(?:[^<>\r\n@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, 'an address like leafward@example.net');
export const changeMailSettings = z
  .strictObject({
    host: z.string().trim().min(1).max(253).nullable(),
    port: z.number().int().min(1).max(65_535),
    security: z.enum(['tls', 'starttls', 'none']),
    username: z.string().max(320).nullable(),
    /** Null removes it. */
    password: z.string().min(1).max(1000).nullable(),
    from: fromAddress.nullable(),
    caCertificate: z.string().max(100_000).nullable(),
  })
  .partial();
export const mailTestRequest = z.object({ to: z.email().max(320) });

/** Where webhooks, mail, sign-in and the like may connect to beside public addresses. */
export const outboundSettings = z.object({
  /** All private, link-local and loopback addresses. */
  allowPrivate: z.boolean(),
  /** Networks (10.1.0.0/16, fd00::/8), addresses, host names; `*.corp.example.net` for all below. */
  allow: z.array(z.string().trim().min(1).max(253)).max(200),
});
export const changeOutboundSettings = outboundSettings.partial().strict();

/** Whether this server may look at hosts from outside (docs/faq/exposed-hosts.md); each group switches its own check on. */
export const exposureSettings = z.object({ enabled: z.boolean() });
export const changeExposureSettings = exposureSettings.partial().strict();

export type MailSettings = z.infer<typeof mailSettings>;
export type ChangeMailSettings = z.infer<typeof changeMailSettings>;
export type OutboundSettings = z.infer<typeof outboundSettings>;
export type ExposureSettings = z.infer<typeof exposureSettings>;
