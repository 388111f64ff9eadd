import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { NotifierChannel, OutgoingMessage } from '../delivery/ports.ts';
import { cut, noticeWords } from './notice-words.ts';
import { post } from './post.ts';

/** A message may have 28 KB. */
const linesAtMost = 25;
const lineLength = 300;

/** An adaptive card by a workflow "when a Teams webhook request is received"; its address is the secret. */
export function teams(outbound: Outbound): NotifierChannel {
  return {
    kind: 'teams',
    send: (message, { signal }) =>
      post(outbound, { url: message.secrets['url'] ?? '', body: JSON.stringify(teamsBody(message)), signal }),
  };
}

function teamsBody({ notice, groupName }: OutgoingMessage): object {
  const { headline, paragraphs, facts, lines } = noticeWords(notice);
  const isBad = notice.alert?.severity === 'bad' && notice.kind !== 'alert.closed';
  const left = lines.length - linesAtMost;
  const shown = [...lines.slice(0, linesAtMost), ...(left > 0 ? [`… and ${left} more: see the page`] : [])];
  const block = (text: string) => ({ type: 'TextBlock', text: escaped(cut(text, lineLength * 4)), wrap: true });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      {
        ...block(cut(headline, lineLength)),
        size: 'Medium',
        weight: 'Bolder',
        color: notice.kind === 'alert.closed' ? 'Good' : isBad ? 'Attention' : 'Default',
      },
      ...paragraphs.map(block),
      ...shown.map((line) => block(cut(line, lineLength))),
      {
        type: 'FactSet',
        facts: [['Group', groupName] as const, ...facts].map(([title, value]) => ({
          title,
          value: escaped(cut(value, lineLength)),
        })),
      },
    ],
    actions: [{ type: 'Action.OpenUrl', title: 'Open in Leafward', url: notice.link }],
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** Names of hosts and sets are no Markdown. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]#]/g, (character) => `\\${character}`);
}
