import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { snmp } from '../../../../src/alerts/notifiers/snmp.ts';
import { leafwardMib, objectOids, trapOids } from '../../../../src/alerts/notifiers/snmp-mib.ts';
import { encodeTrap } from '../../../../src/alerts/notifiers/snmp-trap.ts';
import { aNotice, digestNotice, lagAlert, openOutbound, plainSettings, sendBy } from '../../../support/notice.ts';

type Node = { readonly tag: number; readonly bytes: Buffer; readonly parts: readonly Node[] };

/** BER, as X.690 has it: for the tests only, and from the other end. */
function decode(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length >= 128) {
      const size = length - 128;
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    const content = bytes.subarray(at, at + length);
    assert.equal(content.length, length, 'a length goes past the end');
    nodes.push({ tag, bytes: content, parts: (tag & 0x20) === 0 ? [] : decode(content) });
    at += length;
  }
  return nodes;
}

function oidText({ tag, bytes }: Node): string {
  assert.equal(tag, 6);
  const arcs: number[] = [Math.floor((bytes[0] ?? 0) / 40), (bytes[0] ?? 0) % 40];
  let arc = 0;
  for (const byte of bytes.subarray(1)) {
    arc = arc * 128 + (byte & 127);
    if (byte < 128) {
      arcs.push(arc);
      arc = 0;
    }
  }
  return arcs.join('.');
}

async function receiver() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: socket.address().port, [Symbol.dispose]: () => socket.close() };
}

test('an alert arrives as a trap of version 2c whose bindings the MIB names', async () => {
  using there = await receiver();
  const settings = { kind: 'snmp', ...plainSettings, host: '127.0.0.1', port: there.port } as const;
  const arrived = once(there.socket, 'message') as Promise<[Buffer]>;
  const title = `${'ä'.repeat(200)} is slow`;
  const outcome = await sendBy(
    snmp(openOutbound),
    settings,
    { community: 'sesame' },
    aNotice({ alert: { ...lagAlert, title } }),
  );
  assert.deepEqual(outcome, { result: 'delivered', detail: 'sent; a trap is not confirmed' });
  const [bytes] = await arrived;
  const [message, ...rest] = decode(bytes);
  assert.equal(rest.length, 0);
  const [version, community, pdu] = message?.parts ?? [];
  assert.deepEqual([version?.bytes.toString('hex'), community?.bytes.toString(), pdu?.tag], ['01', 'sesame', 0xa7]);
  const [, status, index, list] = pdu?.parts ?? [];
  assert.deepEqual([status?.bytes.toString('hex'), index?.bytes.toString('hex')], ['00', '00']);
  const bindings = (list?.parts ?? []).map(({ parts: [name, value] }) => ({
    name: name === undefined ? '' : oidText(name),
    value,
  }));
  assert.deepEqual(
    bindings.map(({ name }) => name),
    ['1.3.6.1.2.1.1.3.0', '1.3.6.1.6.3.1.1.4.1.0', ...Object.values(objectOids)],
  );
  assert.equal(bindings[0]?.value?.tag, 0x43, 'TimeTicks');
  assert.equal(bindings[1]?.value === undefined ? '' : oidText(bindings[1].value), trapOids.opened);
  const text = (oid: string) => bindings.find(({ name }) => name === oid)?.value?.bytes.toString('utf8');
  assert.equal(text(objectOids.severity), 'warn');
  assert.equal(text(objectOids.subject), 'checkout-3:27017');
  assert.equal(text(objectOids.group), 'Shop');
  assert.equal(text(objectOids.title), 'ä'.repeat(127), '255 bytes at most, no character cut in two');
  assert.ok(bytes.length < 1472, 'one datagram');
  const next = once(there.socket, 'message') as Promise<[Buffer]>;
  await sendBy(snmp(openOutbound), settings, { community: 'x' }, digestNotice);
  assert.match(String((await next)[0]), /Alerts: 30 opened, 10 closed/);
});

test('a port that is closed is told of, where the host says so', async () => {
  const settings = { kind: 'snmp', ...plainSettings, host: '127.0.0.1', port: 1 } as const;
  const outcome = await sendBy(snmp(openOutbound), settings, {}, aNotice());
  assert.equal(outcome.result, 'failed');
});

test('the bytes of a trap are those that pysnmp reads', () => {
  const bytes = encodeTrap({
    community: 'public',
    requestId: 200,
    uptimeTicks: 4_294_967_295,
    trapOid: trapOids.test,
    bindings: [
      { oid: objectOids.title, value: 'x'.repeat(200) },
      { oid: objectOids.link, value: 70_000 },
    ],
  });
  // Written down after pysnmp 7.1 had decoded it to these values.
  assert.equal(bytes.length, 332);
  const [message] = decode(bytes);
  const [requestId, , , list] = message?.parts[2]?.parts ?? [];
  assert.equal(requestId?.bytes.toString('hex'), '00c8', 'positive, though its first bit is set');
  const values = (list?.parts ?? []).map(({ parts: [, value] }) => value?.bytes.toString('hex') ?? '');
  assert.deepEqual([values[0], values[3]], ['00ffffffff', '011170']);
});

test('the MIB names every object and notification once', () => {
  for (const [arc, count] of [
    ['lwObjects', Object.keys(objectOids).length],
    ['lwNotifications', Object.keys(trapOids).length],
  ] as const) {
    const numbers = [...leafwardMib.matchAll(new RegExp(`::= \\{ ${arc} (\\d+) \\}`, 'g'))].map(([, number]) =>
      Number(number),
    );
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, index) => index + 1),
    );
  }
});
