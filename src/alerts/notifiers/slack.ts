import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { NotifierChannel, OutgoingMessage } from '../delivery/ports.ts';
import { cut, noticeWords } from './notice-words.ts';
import { post } from './post.ts';

/** Limits of Block Kit: characters of a header and of a section. */
const headerLength = 150;
const sectionLength = 3000;

/** A message of blocks by an incoming webhook (https://api.slack.com/messaging/webhooks); its address is the secret. */
export function slack(outbound: Outbound): NotifierChannel {
  return {
    kind: 'slack',
    send: (message, { signal }) =>
      post(outbound, { url: message.secrets['url'] ?? '', body: JSON.stringify(slackBody(message)), signal }),
  };
}

function slackBody({ notice, groupName }: OutgoingMessage): object {
  const { headline, paragraphs, facts, lines } = noticeWords(notice);
  const text = [...paragraphs, lines.map((line) => `• ${line}`).join('\n')].filter((part) => part !== '').join('\n\n');
  const words = facts.map(([name, value]) => `*${escaped(name)}:* ${escaped(value)}`).join('   ');
  return {
    // What notifications and screen readers say.
    text: escaped(`[${groupName}] ${headline}`),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(headline, headerLength), emoji: false } },
      ...(text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: cut(escaped(text), sectionLength) } }]),
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: cut(`${words === '' ? '' : `${words}   `}*Group:* ${escaped(groupName)}`, sectionLength),
          },
        ],
      },
      { type: 'section', text: { type: 'mrkdwn', text: `<${notice.link}|Open in Leafward>` } },
    ],
  };
}

/** The three characters that Slack's mrkdwn reserves. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
