import { htmlText } from '../../wire/outbound/html-text.ts';
import type { MailMessage } from '../../wire/outbound/send-mail.ts';
import type { InvitationRecord, UserRecord } from './ports.ts';

export function passwordMail({ email }: UserRecord, link: string): MailMessage {
  return mail(email, 'A new password for Leafward', [
    `Somebody asked for a new password for ${email}. Set it within an hour:`,
    link,
    'If it was not you, ignore this: nothing has changed.',
  ]);
}

export function invitationMail(invitation: InvitationRecord, groupName: string, link: string): MailMessage {
  const { email, invitedBy } = invitation;
  return mail(email, `${invitedBy} invites you to ${groupName} on Leafward`, [
    `${invitedBy} invites you to the group ${groupName}. Accept within seven days:`,
    link,
    'If you do not know what this is, ignore it.',
  ]);
}

/** Plain text, and the same as HTML. Lines are given whole; that which is a link alone can be clicked. */
function mail(to: string, subject: string, lines: readonly string[]): MailMessage {
  const paragraphs = lines.map((line) => {
    const safe = htmlText(line);
    return `<p>${/^https?:\/\/\S+$/.test(line) ? `<a href="${safe}">${safe}</a>` : safe}</p>`;
  });
  return {
    to: [to],
    subject: subject.replace(/[\r\n]+/g, ' ').slice(0, 200),
    text: `${lines.join('\n\n')}\n`,
    html: paragraphs.join('\n'),
  };
}
