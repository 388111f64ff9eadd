import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type Outbound, outboundProblem } from '../../wire/outbound/outbound.ts';
import type { Notice, NoticeKind, NotifierChannel, OutgoingMessage } from '../delivery/ports.ts';
import { noticeWords } from './notice-words.ts';
import { objectOids, trapOids } from './snmp-mib.ts';
import { encodeTrap } from './snmp-trap.ts';

/** SnmpAdminString: bytes of UTF-8. */
const textBytes = 255;
/** A host that takes no datagrams there says so within this time, if at all. */
const refusalMs = 100;

const trapOf: Readonly<Record<NoticeKind, string>> = {
  'alert.opened': trapOids.opened,
  'alert.repeated': trapOids.stillOpen,
  'alert.acknowledged': trapOids.acknowledged,
  'alert.closed': trapOids.closed,
  'alerts.digest': trapOids.several,
  'alerts.many': trapOids.several,
  'alerts.manyClosed': trapOids.several,
  test: trapOids.test,
};

/** An SNMP v2c trap by UDP: nobody says whether it arrived. */
export function snmp(outbound: Outbound): NotifierChannel {
  return {
    kind: 'snmp',
    async send(message, { signal }) {
      const { settings } = message;
      if (settings.kind !== 'snmp') return { result: 'refused', detail: 'not an SNMP notifier' };
      try {
        const { address, family } = await outbound.address(settings.host);
        await sendDatagram(trap(message), { address, family, port: settings.port }, signal);
        return { result: 'delivered', detail: 'sent; a trap is not confirmed' };
      } catch (thrown) {
        return { result: 'failed', detail: outboundProblem(thrown) };
      }
    },
  };
}

function trap({ notice, groupName, secrets }: OutgoingMessage): Buffer {
  const { alert } = notice;
  const { headline, paragraphs } = noticeWords(notice);
  const texts: Readonly<Record<keyof typeof objectOids, string>> = {
    alertId: alert?.id ?? '',
    severity: severityOf(notice),
    title: alert?.title ?? headline,
    detail: paragraphs.join(' '),
    subject: alert?.subject.label ?? '',
    rule: alert?.ruleName ?? '',
    group: groupName,
    link: notice.link,
    openedAt: alert === null ? '' : new Date(alert.openedAtMs).toISOString(),
  };
  return encodeTrap({
    community: secrets['community'] ?? 'public',
    requestId: randomInt(2 ** 31 - 1),
    uptimeTicks: Math.floor(process.uptime() * 100) % 2 ** 32,
    trapOid: trapOf[notice.kind],
    bindings: Object.entries(objectOids).map(([name, oid]) => ({
      oid,
      value: cutBytes(name in texts ? texts[name as keyof typeof texts] : ''),
    })),
  });
}

function severityOf({ alert, items = [] }: Notice): string {
  return alert?.severity ?? (items.some((item) => item.alert.severity === 'bad') ? 'bad' : 'warn');
}

/** No character is cut in two. */
function cutBytes(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length <= textBytes
    ? text
    : bytes
        .subarray(0, textBytes)
        .toString('utf8')
        .replace(/\uFFFD+$/, '');
}

interface Receiver {
  readonly address: string;
  readonly family: number;
  readonly port: number;
}

async function sendDatagram(bytes: Buffer, { address, family, port }: Receiver, signal: AbortSignal): Promise<void> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(done, refusalMs);
      const end = (error: Error): void => {
        clearTimeout(timer);
        fail(error);
      };
      socket.on('error', end);
      signal.addEventListener('abort', () => end(new Error('stopped')), { once: true });
      // A connected socket hears when the port is closed.
      socket.connect(port, address, () =>
        socket.send(bytes, (error) => error !== null && error !== undefined && end(error)),
      );
    });
  } finally {
    socket.close();
  }
}
