import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import type { NotifierSettings } from '../../../../src/alerts/delivery/ports.ts';
import { chartPng } from '../../../../src/alerts/notifiers/chart-png.ts';
import { mail } from '../../../../src/alerts/notifiers/mail.ts';
import { Outbound } from '../../../../src/wire/outbound/outbound.ts';
import { outboundRules } from '../../../../src/wire/outbound/outbound-rules.ts';
import { type MailServer, sendMail } from '../../../../src/wire/outbound/send-mail.ts';
import { testAuthority } from '../../../support/certificates.ts';
import { aNotice, digestNotice, lagAlert, openOutbound, plainSettings, sendBy } from '../../../support/notice.ts';
import { testSmtpServer } from '../../../support/smtp-server.ts';

const never = new AbortController().signal;
const message = { to: ['ops@example.net'], subject: 'Grüße', text: 'plain', html: '<b>rich</b>' };
const plainServer = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  host: '127.0.0.1',
  port,
  security: 'none',
  login: null,
  from: 'Leafward <leafward@example.net>',
  caCertificate: null,
  ...more,
});

/** Parts of a MIME message by content type, decoded. */
function parts(raw: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const [head = ''] = raw.split('\r\n\r\n', 1);
  const header = (name: string, text: string) =>
    new RegExp(`^${name}:\\s*([^;\\r]+(?:;\\s*[^\\r]*(?:\\r\\n\\s+[^\\r]*)*)?)`, 'im').exec(text)?.[1] ?? '';
  const type = header('content-type', head);
  const boundary = /boundary="?([^";\r]+)/.exec(type)?.[1];
  const body = raw.slice(head.length + 4);
  if (boundary === undefined) {
    const encoding = header('content-transfer-encoding', head).toLowerCase();
    const bytes =
      encoding === 'base64'
        ? Buffer.from(body, 'base64')
        : encoding === 'quoted-printable'
          ? Buffer.from(
              body
                .replace(/=\r\n/g, '')
                .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
              'latin1',
            )
          : Buffer.from(body, 'latin1');
    found.set(type.split(';')[0]?.trim() ?? '', bytes);
    return found;
  }
  for (const part of body.split(`--${boundary}`).slice(1, -1)) {
    for (const [name, bytes] of parts(part.replace(/^\r\n/, ''))) found.set(name, bytes);
  }
  return found;
}

test('a mail tells of an alert in plain words and in HTML, with a chart inside, one thread per alert', async () => {
  await using smtp = await testSmtpServer();
  const png = chartPng({ values: [1, 5, null, 3], threshold: 4 });
  const channel = mail({
    sendMail: (given, signal) => sendMail(openOutbound, plainServer(smtp.port), given, signal),
    chart: async (_groupId, { id }) => (id === 'al_1' ? { png, caption: 'Lag: most 5 s' } : undefined),
  });
  const settings: NotifierSettings = {
    kind: 'mail',
    ...plainSettings,
    digestMinutes: null,
    to: ['ops@example.net', 'eve@example.net'],
  };
  const outcome = await sendBy(channel, settings, {}, aNotice());
  assert.deepEqual([outcome.result, outcome.detail], ['delivered', 'the mail server took it']);
  const repeated = aNotice({ kind: 'alert.repeated', id: 'd_2', atMs: lagAlert.openedAtMs + 900_000 });
  assert.equal((await sendBy(channel, settings, {}, repeated)).result, 'delivered');
  assert.equal((await sendBy(channel, settings, {}, digestNotice)).result, 'delivered');
  const [opened, again, digest] = smtp.mails;
  assert.deepEqual(opened?.to, ['ops@example.net', 'eve@example.net']);
  const raw = opened?.raw ?? '';
  assert.match(raw, /^Subject: \[Shop\] Warning: checkout-3 is 4 min 12 s behind/im);
  assert.match(raw, /^Auto-Submitted: auto-generated/im);
  assert.match(raw, /^Message-ID: <d_1@example\.net>/im);
  assert.match(raw, /^References: <al_1@example\.net>/im);
  assert.match(again?.raw ?? '', /^References: <al_1@example\.net>/im);
  assert.match(again?.raw ?? '', /Warning, open for 15 min: checkout-3/);
  const [text, html] = [
    parts(raw).get('text/plain')?.toString('utf8') ?? '',
    parts(raw).get('text/html')?.toString('utf8') ?? '',
  ];
  assert.match(text, /Look at <its> disk & network\./);
  assert.match(text, /Rule: Replication lag/);
  assert.match(text, /Lag: most 5 s/);
  assert.match(text, /https:\/\/leafward\.example\.net\/g\/g_1\/alerts/);
  assert.match(html, /Look at &lt;its&gt; disk &amp; network\./);
  assert.match(html, /<img src="cid:chart"/);
  assert.match(raw, /^Content-Id: <chart>/im);
  assert.deepEqual(parts(raw).get('image/png'), png);
  assert.match(
    parts(digest?.raw ?? '')
      .get('text/plain')
      ?.toString('utf8') ?? '',
    /Bad: checkout-1 is down\r\n.*\r\n… and 38 more/,
  );
  assert.equal(parts(digest?.raw ?? '').get('image/png'), undefined);
});

test('mail leaves by TLS, by STARTTLS and with a login; what is promised is kept', async () => {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue(['127.0.0.1']);
  const caCertificate = authority.ca;
  const login = { user: 'leaf', password: 'correct' };
  const send = (server: MailServer) => sendMail(openOutbound, server, message, never);
  await using tls = await testSmtpServer({ secure: true, cert, key });
  await send(plainServer(tls.port, { security: 'tls', caCertificate, login }));
  await using starttls = await testSmtpServer({ cert, key });
  await send(plainServer(starttls.port, { security: 'starttls', caCertificate, login }));
  for (const { mails } of [tls, starttls]) {
    assert.deepEqual(
      mails.map(({ user, secure }) => [user, secure]),
      [['leaf', true]],
    );
  }
  const untrusted = send(plainServer(tls.port, { security: 'tls', login }));
  await assert.rejects(untrusted, { code: 'MAIL_NOT_SENT', retryable: true, message: /self-signed|unable to verify/i });
  await using clear = await testSmtpServer({ disabledCommands: ['STARTTLS'] });
  await assert.rejects(send(plainServer(clear.port, { security: 'starttls', caCertificate })), {
    code: 'MAIL_NOT_SENT',
    message: /STARTTLS/,
  });
  assert.equal(clear.mails.length, 0, 'nothing goes out in clear');
});

test('a wrong password, a mailbox that is not there, silence and a private address are told apart', async () => {
  await using smtp = await testSmtpServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const server = plainServer(smtp.port);
  const wrong = { ...server, login: { user: 'leaf', password: 'wrong' } };
  await assert.rejects(sendMail(openOutbound, wrong, message, never), {
    code: 'MAIL_NOT_SENT',
    retryable: true,
    message: /refuses the user name or the password: 535 /,
  });
  await assert.rejects(sendMail(openOutbound, server, { ...message, to: ['bounce@example.net'] }, never), {
    code: 'MAIL_NOT_SENT',
    retryable: false,
    message: /550 no such mailbox/,
  });
  const silent = new AbortController();
  const { createServer } = await import('node:net');
  const mute = createServer((socket) => {
    socket.on('error', () => {});
    silent.abort();
  }).listen(0, '127.0.0.1');
  await new Promise((done) => mute.once('listening', done));
  const { port } = mute.address() as { port: number };
  await assert.rejects(sendMail(openOutbound, { ...server, port }, message, silent.signal), {
    code: 'MAIL_NOT_SENT',
    message: /no (?:answer|connection).* in time/,
  });
  mute.close();
  const closed = new Outbound(() => outboundRules({ allowPrivate: false, allow: [] }));
  await assert.rejects(sendMail(closed, server, message, never), { code: 'OUTBOUND_REFUSED' });
  const channel = mail({
    sendMail: (given, signal) => sendMail(openOutbound, server, given, signal),
    chart: async () => undefined,
  });
  const settings: NotifierSettings = {
    kind: 'mail',
    ...plainSettings,
    digestMinutes: null,
    to: ['bounce@example.net'],
  };
  assert.equal((await sendBy(channel, settings, {}, aNotice())).result, 'refused');
});

test('a chart is a PNG of grey pixels with a line, a dashed threshold and gaps', () => {
  const png = chartPng({ values: [0, 10, 10, null, null, 5, 0], threshold: 8 });
  assert.equal(png.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20), ...png.subarray(24, 29)], [1120, 320, 8, 0, 0, 0, 0]);
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  assert.equal(rows.length, 1121 * 320);
  const dark = (fromX: number, toX: number) => {
    let count = 0;
    for (let y = 0; y < 320; y++) for (let x = fromX; x < toX; x++) if ((rows[y * 1121 + 1 + x] ?? 255) < 60) count++;
    return count;
  };
  assert.ok(dark(200, 300) >= 250, 'the line');
  assert.equal(dark(600, 800), 0, 'a gap stays empty');
  assert.ok(png.length < 20_000);
  for (const values of [[], [null], [3], [-2, -2]]) assert.ok(chartPng({ values, threshold: null }).length > 100);
});
