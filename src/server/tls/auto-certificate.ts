import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type * as X509 from '@peculiar/x509';
import { writeFileAtomically } from '../../runtime/atomic-file.ts';

export interface ServerCertificate {
  readonly key: string;
  /** Certificate, then the CA. */
  readonly cert: string;
  /** What agents and browsers have to trust. */
  readonly ca: string;
}

interface Issued {
  readonly key: string;
  readonly cert: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const caDays = 3650;
const certificateDays = 397;
const renewBeforeDays = 30;

/**
 * A CA of this server's own and a certificate for `names` (DNS names and addresses), kept in `folder`. The CA stays for
 * ten years, so that what trusts it keeps doing so; the certificate is made again when names change or it nears its end.
 */
export async function autoCertificate(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<ServerCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = (await load(folder, 'ca')) ?? (await keep(folder, 'ca', await makeCa(nowMs)));
  const known = await load(folder, 'server');
  const usable = known !== undefined && stillGood(known.cert, ca.cert, names, nowMs);
  const server = usable ? known : await keep(folder, 'server', await issue(ca, names, nowMs));
  return { key: server.key, cert: `${server.cert.trim()}\n${ca.cert.trim()}\n`, ca: ca.cert };
}

function stillGood(pem: string, caPem: string, names: readonly string[], nowMs: number): boolean {
  const certificate = new X509Certificate(pem);
  const endsMs = Date.parse(certificate.validTo);
  if (endsMs - nowMs < renewBeforeDays * dayMs) return false;
  if (!certificate.verify(new X509Certificate(caPem).publicKey)) return false;
  return names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

async function library(): Promise<typeof X509> {
  // @peculiar/x509 asks for it at load.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

async function makeCa(nowMs: number): Promise<Issued> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: 'CN=Leafward server CA',
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + caDays * dayMs),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { key: await pkcs8(keys.privateKey), cert: certificate.toString('pem') };
}

async function issue(ca: Issued, names: readonly string[], nowMs: number): Promise<Issued> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const caCertificate = new x509.X509Certificate(ca.cert);
  const caKeyBytes = createPrivateKey(ca.key).export({ format: 'der', type: 'pkcs8' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', caKeyBytes, algorithm, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: `CN=${names.find((name) => name.length <= 64) ?? 'Leafward server'}`,
      issuer: caCertificate.subject,
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + certificateDays * dayMs),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(caCertificate, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { key: await pkcs8(keys.privateKey), cert: certificate.toString('pem') };
}

async function load(folder: string, name: string): Promise<Issued | undefined> {
  try {
    const [key, cert] = await Promise.all([
      readFile(join(folder, `${name}-key.pem`), 'utf8'),
      readFile(join(folder, `${name}.pem`), 'utf8'),
    ]);
    return { key, cert };
  } catch {
    return undefined;
  }
}

/** The key first: a certificate without its key would be of no use. */
async function keep(folder: string, name: string, issued: Issued): Promise<Issued> {
  await writeFileAtomically(join(folder, `${name}-key.pem`), issued.key, 0o600);
  await writeFileAtomically(join(folder, `${name}.pem`), issued.cert, 0o644);
  return issued;
}

async function pkcs8(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${bytes.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END PRIVATE KEY-----\n`;
}

function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}
