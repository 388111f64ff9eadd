import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
// @peculiar/x509 asks for it at load.
import 'reflect-metadata';

import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  /** PEM of the CA. */
  readonly ca: string;
  /** A certificate for DNS names and addresses; `expired` ended yesterday. */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Promise<Issued>;
}

/** A CA for tests; each call makes another one, so that a certificate of one is not trusted by the other. */
export async function testAuthority(): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name = `CN=Test CA ${randomBytes(4).toString('hex')}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name,
      ...validity(false),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  return {
    ca: ca.toString('pem'),
    issue: (names, options = {}) => issue(name, keys.privateKey, names, options.expired === true),
  };
}

/** Files as mongod wants them (`startReplicaSet({ tls })`): a certificate for localhost with its key, and the CA. */
export async function writeMongodCertificates(
  folder: string,
  authority: TestAuthority,
  names: readonly string[] = ['localhost', '127.0.0.1'],
): Promise<{ certificateKeyFile: string; caFile: string }> {
  const { cert, key } = await authority.issue(names);
  const files = { certificateKeyFile: join(folder, 'mongod.pem'), caFile: join(folder, 'ca.pem') };
  writeFileSync(files.certificateKeyFile, `${cert}\n${key}`, { mode: 0o600 });
  writeFileSync(files.caFile, authority.ca);
  return files;
}

async function issue(
  issuer: string,
  signingKey: webcrypto.CryptoKey,
  names: readonly string[],
  expired: boolean,
): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const serialNumber = createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 16).replace(/^./, '1');
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber,
      subject: `CN=${names[0] ?? 'nobody'}`,
      issuer,
      ...validity(expired),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
      ],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.toString('pem'), key };
}

function validity(expired: boolean): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 30 * dayMs), notAfter: new Date(expired ? now - dayMs : now + 30 * dayMs) };
}
