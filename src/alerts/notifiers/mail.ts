import { AppError, toAppError } from '../../runtime/errors.ts';
import { htmlText } from '../../wire/outbound/html-text.ts';
import type { MailMessage } from '../../wire/outbound/send-mail.ts';
import type { NotifierChannel, OutgoingMessage } from '../delivery/ports.ts';
import type { Alert } from '../ports.ts';
import { cut, type NoticeWords, noticeWords } from './notice-words.ts';

export interface AlertChart {
  readonly png: Uint8Array;
  /** What it shows, with its least and its largest value. */
  readonly caption: string;
}
export interface MailParts {
  /** Sends one mail by the settings of the instance; gives back what the mail server said. */
  readonly sendMail: (message: MailMessage, signal: AbortSignal) => Promise<string>;
  /** The metric of an alert over the last hours; undefined: it has none. */
  readonly chart: (groupId: string, alert: Alert) => Promise<AlertChart | undefined>;
}

/** A mail to every address of the notifier, plain and as HTML, with a picture of the metric that it is about. */
export function mail({ sendMail, chart }: MailParts): NotifierChannel {
  return {
    kind: 'mail',
    async send(message, { signal }) {
      const { notice, settings } = message;
      if (settings.kind !== 'mail') return { result: 'refused', detail: 'not a mail notifier' };
      try {
        const { alert, groupId } = notice;
        // Of an alert that is over, or without its figures, the words are enough.
        const picture = alert === null ? undefined : await chart(groupId, alert).catch(() => undefined);
        const said = await sendMail({ to: settings.to, ...mailOf(message, picture) }, signal);
        return { result: 'delivered', detail: 'the mail server took it', body: said };
      } catch (thrown) {
        const error = toAppError(thrown);
        const isForGood = thrown instanceof AppError && error.code === 'MAIL_NOT_SENT' && !error.retryable;
        return { result: isForGood ? 'refused' : 'failed', detail: error.message };
      }
    },
  };
}

function mailOf({ notice, groupName }: OutgoingMessage, picture: AlertChart | undefined): Omit<MailMessage, 'to'> {
  const words = noticeWords(notice);
  return {
    subject: cut(`[${groupName}] ${words.headline}`.replace(/\s+/g, ' '), 200),
    text: plain(words, notice.link, picture),
    html: html(words, notice.link, picture),
    images: picture === undefined ? [] : [{ cid: 'chart', png: picture.png }],
    id: notice.id,
    ...(notice.alert === null ? {} : { thread: notice.alert.id }),
  };
}

function plain(
  { headline, paragraphs, facts, lines }: NoticeWords,
  link: string,
  picture: AlertChart | undefined,
): string {
  const parts = [
    headline,
    ...paragraphs,
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
    ...(facts.length === 0 ? [] : [facts.map(([name, value]) => `${name}: ${value}`).join('\n')]),
    ...(picture === undefined ? [] : [picture.caption]),
    link,
  ];
  return `${parts.join('\n\n')}\n`;
}

function html(
  { headline, paragraphs, facts, lines }: NoticeWords,
  link: string,
  picture: AlertChart | undefined,
): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><td style="padding:2px 12px 2px 0;color:#555">${htmlText(name)}</td><td>${htmlText(value)}</td></tr>`,
  );
  const chart =
    picture === undefined
      ? ''
      : `<p><img src="cid:chart" width="560" height="160" alt="${htmlText(picture.caption)}"><br><small>${htmlText(picture.caption)}</small></p>`;
  return [
    '<!doctype html><html><body style="font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff">',
    `<h1 style="font-size:18px;margin:0 0 12px">${htmlText(headline)}</h1>`,
    ...paragraphs.map((text) => `<p>${htmlText(text)}</p>`),
    lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${htmlText(line)}</li>`).join('')}</ul>`,
    rows.length === 0 ? '' : `<table style="border-collapse:collapse">${rows.join('')}</table>`,
    chart,
    `<p><a href="${htmlText(link)}">Open in Leafward</a></p></body></html>`,
  ].join('');
}
