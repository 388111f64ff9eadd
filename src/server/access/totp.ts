import { createHmac, randomBytes } from 'node:crypto';

const stepMs = 30_000;
const digits = 6;
/** RFC 4648, section 6. */
const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 160 random bits, as RFC 4226 (section 4) recommends. */
export function newTotpSecret(): Uint8Array {
  return randomBytes(20);
}

/** The time step of a moment: RFC 6238, section 4.2, T0 = 0, X = 30 s. */
export function totpStep(nowMs: number): number {
  return Math.floor(nowMs / stepMs);
}

/** The code of a step: HOTP of RFC 4226, section 5.3, with HMAC-SHA-1, which all apps know. */
export function totpCode(secret: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 15;
  const value = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(value % 10 ** length).padStart(length, '0');
}

/** The step whose code this is: now, the one before or the one after (clocks differ). Undefined: none of them. */
export function stepOfCode(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const now = totpStep(nowMs);
  return [now, now - 1, now + 1].find((step) => totpCode(secret, step) === code);
}

export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => base32Letters[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

/** What an app reads from a QR code: Google's key URI format. */
export function otpauthUrl(secret: Uint8Array, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const parameters = new URLSearchParams({
    secret: base32(secret),
    issuer,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
  return `otpauth://totp/${label}?${parameters.toString().replaceAll('+', '%20')}`;
}
