/**
 * An SNMPv2-Trap-PDU in a message of version 2c: RFC 3416 section 4.2.6 in the BER of RFC 3417 section 8. As small as
 * this because a trap is one datagram without an answer.
 */
export interface Trap {
  readonly community: string;
  readonly requestId: number;
  /** Hundredths of a second that the sender runs. */
  readonly uptimeTicks: number;
  readonly trapOid: string;
  readonly bindings: readonly { readonly oid: string; readonly value: string | number }[];
}

const tags = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, timeTicks: 0x43, trap: 0xa7 };
const version2c = 1;
const sysUpTime = '1.3.6.1.2.1.1.3.0';
const snmpTrapOid = '1.3.6.1.6.3.1.1.4.1.0';

export function encodeTrap({ community, requestId, uptimeTicks, trapOid, bindings }: Trap): Buffer {
  const list = [
    binding(sysUpTime, integer(uptimeTicks, tags.timeTicks)),
    binding(snmpTrapOid, objectId(trapOid)),
    ...bindings.map(({ oid, value }) => binding(oid, typeof value === 'number' ? integer(value) : octets(value))),
  ];
  // Error status and error index are 0 in a trap.
  const pdu = sequence([integer(requestId), integer(0), integer(0), sequence(list)], tags.trap);
  return sequence([integer(version2c), octets(community), pdu]);
}

function binding(oid: string, value: Buffer): Buffer {
  return sequence([objectId(oid), value]);
}

function sequence(parts: readonly Buffer[], tag = tags.sequence): Buffer {
  return tagged(tag, Buffer.concat(parts));
}

function octets(text: string): Buffer {
  return tagged(tags.octets, Buffer.from(text, 'utf8'));
}

/** Two's complement in as few bytes as it takes; values are not negative here. */
function integer(value: number, tag = tags.integer): Buffer {
  const bytes: number[] = [];
  let left = Math.floor(value);
  do {
    bytes.unshift(left % 256);
    left = Math.floor(left / 256);
  } while (left > 0);
  if ((bytes[0] ?? 0) > 127) bytes.unshift(0);
  return tagged(tag, Buffer.from(bytes));
}

/** The first two arcs in one byte, the others in base 128. */
function objectId(oid: string): Buffer {
  const [first = 0, second = 0, ...arcs] = oid.split('.').map(Number);
  return tagged(tags.oid, Buffer.from([first * 40 + second, ...arcs.flatMap(base128)]));
}

function base128(arc: number): readonly number[] {
  const bytes = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift((left % 128) + 128);
  return bytes;
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
