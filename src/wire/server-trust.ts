import { createHash, X509Certificate } from 'node:crypto';
import {
  checkServerIdentity,
  createSecureContext,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';
import { AppError } from '../runtime/errors.ts';
import { readCertificates, readCertificateWithKey } from '../runtime/pem-file.ts';

export interface TrustSettings {
  /** PEM file with the CAs that may have signed the server's certificate, instead of the usual ones. */
  readonly serverCaFile?: string | undefined;
  /** `sha256//BASE64` each: the key of the server's certificate, or of a CA above it, is one of these. */
  readonly serverPins?: readonly string[] | undefined;
  /** PEM file with the certificate and key of this program, where the server (or what stands before it) demands one. */
  readonly serverClientCertificateFile?: string | undefined;
  readonly serverClientKeyPassword?: string | undefined;
}

/** Options for every TLS connection to the server. */
export interface ServerTrust {
  readonly secureContext: SecureContext;
  readonly checkServerIdentity: (hostname: string, certificate: PeerCertificate) => Error | undefined;
}

/** Reads the files and makes the context once: as options they would be parsed again for every connection. @throws SETTINGS_INVALID */
export function openServerTrust(settings: TrustSettings): ServerTrust {
  const { serverCaFile, serverClientCertificateFile: pair, serverClientKeyPassword: passphrase } = settings;
  const pins = new Set((settings.serverPins ?? []).map(parsePin));
  const mine = pair === undefined ? undefined : readCertificateWithKey('serverClientCertificateFile', pair, passphrase);
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(serverCaFile === undefined ? {} : { ca: readCertificates('serverCaFile', serverCaFile) }),
    ...(mine === undefined ? {} : { cert: mine, key: mine }),
    ...(mine === undefined || passphrase === undefined ? {} : { passphrase }),
  });
  return {
    secureContext,
    checkServerIdentity: (hostname, certificate) =>
      checkServerIdentity(hostname, certificate) ?? (pins.size === 0 ? undefined : checkPins(pins, certificate)),
  };
}

function checkPins(pins: ReadonlySet<string>, certificate: PeerCertificate): AppError | undefined {
  const seen: string[] = [];
  let at: Partial<DetailedPeerCertificate> | undefined = certificate;
  // The last one is its own issuer.
  for (let depth = 0; at?.raw !== undefined && depth < 10; depth++) {
    const pin = pinOf(at.raw);
    if (pins.has(pin)) return undefined;
    if (seen.includes(pin)) break;
    seen.push(pin);
    at = at.issuerCertificate;
  }
  return new AppError('TLS_UNTRUSTED', `the server's certificate is trusted, but its key is none of serverPins`, {
    retryable: true,
    hint: `It shows ${seen[0]}. If its key was changed on purpose, put that into serverPins; if not, something stands between this machine and the server.`,
  });
}

/** Of a certificate (DER): SHA-256 of its SubjectPublicKeyInfo, as curl's --pinnedpubkey writes it. */
export function pinOf(certificate: Buffer): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256//${createHash('sha256').update(key).digest('base64')}`;
}

/** Takes `sha256//BASE64`, `sha256/BASE64` and 64 hex digits. @throws SETTINGS_INVALID */
function parsePin(text: string): string {
  const [, base64, hex] = /^(?:sha256\/{1,2}([A-Za-z0-9+/]{43}=)|([0-9A-Fa-f]{64}))$/.exec(text) ?? [];
  if (base64 !== undefined) return `sha256//${base64}`;
  if (hex !== undefined) return `sha256//${Buffer.from(hex, 'hex').toString('base64')}`;
  throw new AppError('SETTINGS_INVALID', `serverPins: ${text.slice(0, 100)} is no pin`, {
    hint: 'A pin is sha256//BASE64 of the public key: openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
  });
}
