import { AppError } from '../../runtime/errors.ts';
import type { Outbound } from '../../wire/outbound/outbound.ts';
import { type MailMessage, sendMail } from '../../wire/outbound/send-mail.ts';
import type { InstanceSettings } from './instance-settings.ts';
import { mailSection } from './mail-section.ts';

/** Sends mail as the settings of the instance say. */
export class Mailer {
  readonly #settings: InstanceSettings;
  readonly #outbound: Outbound;

  constructor(settings: InstanceSettings, outbound: Outbound) {
    this.#settings = settings;
    this.#outbound = outbound;
  }

  /** Whether a mail server is set. */
  async isReady(): Promise<boolean> {
    const { value } = await this.#settings.read(mailSection);
    return value.host !== null && value.from !== null;
  }

  /** Gives back what the mail server said. @throws MAIL_NOT_SET_UP, MAIL_NOT_SENT, OUTBOUND_REFUSED */
  async send(message: MailMessage, signal: AbortSignal): Promise<string> {
    const { value, secrets } = await this.#settings.read(mailSection);
    const { host, from, port, security, username, caCertificate } = value;
    if (host === null || from === null) throw new AppError('MAIL_NOT_SET_UP', 'this instance has no mail server yet');
    const { password = '' } = secrets;
    const login = username === null ? null : { user: username, password };
    return sendMail(this.#outbound, { host, port, security, login, from, caCertificate }, message, signal);
  }
}
