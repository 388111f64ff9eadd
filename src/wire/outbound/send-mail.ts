import { AppError } from '../../runtime/errors.ts';
import { describeNetworkError, tlsErrorCode } from '../../runtime/network-error.ts';
import type { Outbound } from './outbound.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** tls: from the first byte; starttls: nothing is sent without it; none: in clear. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly login: { readonly user: string; readonly password: string } | null;
  /** `name@example.net` or `Leafward <name@example.net>`. */
  readonly from: string;
  /** PEM; null: the CAs that the system knows. */
  readonly caCertificate: string | null;
}
export interface MailMessage {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** PNG files that the HTML shows as `cid:<cid>`. */
  readonly images?: readonly { readonly cid: string; readonly png: Uint8Array }[];
  /** The same for every try of one message. */
  readonly id?: string;
  /** Messages with the same thread are shown together. */
  readonly thread?: string;
}

const connectMs = 10_000;
const deadlineMs = 30_000;
const answerBytes = 64 * 2 ** 10;

/**
 * Sends one mail and gives back what the server said when it took it. It is an error when no recipient is taken.
 * @throws MAIL_NOT_SENT (retryable: false when the server refuses this message for good), OUTBOUND_REFUSED
 */
export async function sendMail(
  outbound: Outbound,
  server: MailServer,
  message: MailMessage,
  stop: AbortSignal,
): Promise<string> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(deadlineMs)]);
  try {
    const { envelope, raw } = await composed(server, message);
    return await converse(outbound, server, signal, { envelope, raw });
  } catch (thrown) {
    throw mailError(thrown, server);
  }
}

interface Composed {
  readonly envelope: { readonly from: string | false; readonly to: string[] };
  readonly raw: Buffer;
}

async function composed(server: MailServer, message: MailMessage): Promise<Composed> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const domain = /@([^>\s]+)/.exec(server.from)?.[1] ?? 'leafward';
  const node = new MailComposer({
    from: server.from,
    to: [...message.to],
    subject: message.subject,
    text: message.text,
    html: message.html,
    attachments: (message.images ?? []).map(({ cid, png }) => ({
      cid,
      filename: `${cid}.png`,
      contentType: 'image/png',
      content: Buffer.from(png),
    })),
    // Vacation notes and the like do not answer it (RFC 3834).
    headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
    ...(message.id === undefined ? {} : { messageId: `<${message.id}@${domain}>` }),
    ...(message.thread === undefined ? {} : { references: `<${message.thread}@${domain}>` }),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const { from, to } = node.getEnvelope();
  return { envelope: { from, to }, raw: await node.build() };
}

async function converse(
  outbound: Outbound,
  server: MailServer,
  signal: AbortSignal,
  { envelope, raw }: Composed,
): Promise<string> {
  const { default: SmtpConnection } = await import('nodemailer/lib/smtp-connection');
  const { host, port, security, login } = server;
  const socket = await outbound.connect({ host, port, signal, timeoutMs: connectMs });
  const smtp = new SmtpConnection({
    connection: socket,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(server.caCertificate === null ? {} : { ca: server.caCertificate }) },
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: deadlineMs,
    maxResponseSize: answerBytes,
  });
  let onAbort = (): void => {};
  try {
    return await new Promise<string>((done, fail) => {
      onAbort = () => fail(new AppError('TIMEOUT', 'no answer in time'));
      signal.addEventListener('abort', onAbort);
      smtp.on('error', fail);
      smtp.on('end', () => fail(new Error('the connection was closed')));
      const deliver = (): void =>
        smtp.send(envelope, raw, (error, info) => (error === null ? done(info?.response ?? '') : fail(error)));
      smtp.connect((error) => {
        if (error !== null && error !== undefined) fail(error);
        else if (login === null) deliver();
        else
          smtp.login({ user: login.user, pass: login.password }, (refusal) =>
            refusal === null || refusal === undefined ? deliver() : fail(refusal),
          );
      });
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    // After it is settled nobody waits for what the connection still says.
    smtp.on('error', () => {});
    smtp.quit();
    smtp.close();
  }
}

function mailError(thrown: unknown, { host, port, security }: MailServer): AppError {
  if (thrown instanceof AppError && thrown.code === 'OUTBOUND_REFUSED') return thrown;
  const at = `${host}:${port}`;
  const { code, responseCode, response } = smtpFacts(thrown);
  const said = response === undefined ? '' : `: ${response.replace(/\s+/g, ' ').slice(0, 300)}`;
  const make = (words: string, retryable: boolean, hint?: string): AppError =>
    new AppError('MAIL_NOT_SENT', words, { cause: thrown, retryable, ...(hint === undefined ? {} : { hint }) });
  if (code === 'EAUTH')
    return make(`${at} refuses the user name or the password${said}`, true, 'Type both again under Instance > Mail.');
  if (code === 'ETLS' && tlsErrorCode(thrown) === undefined)
    return make(`${at} could not be spoken to with ${security === 'tls' ? 'TLS' : 'STARTTLS'}${said}`, true);
  if (responseCode !== undefined) {
    const isForGood = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
    return make(`${at} answered ${response === undefined ? responseCode : said.slice(2)}`, !isForGood);
  }
  const { text, timedOut } = describeNetworkError(thrown);
  return make(`${at}: ${timedOut || code === 'ETIMEDOUT' ? 'no answer in time' : text}`, true);
}

function smtpFacts(thrown: unknown): { code?: string; responseCode?: number; response?: string } {
  if (!(thrown instanceof Error)) return {};
  return {
    ...('code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {}),
    ...('responseCode' in thrown && typeof thrown.responseCode === 'number'
      ? { responseCode: thrown.responseCode }
      : {}),
    ...('response' in thrown && typeof thrown.response === 'string' ? { response: thrown.response } : {}),
  };
}
