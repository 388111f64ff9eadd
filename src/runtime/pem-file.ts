import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from './errors.ts';

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The text of a PEM file with at least one readable certificate. @throws SETTINGS_INVALID naming the setting and the file. */
export function readCertificates(setting: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot read ${setting} ${path}: ${String(cause)}`, {
      cause,
      hint: 'Check the path and that this user may read it.',
    });
  }
  const found = text.match(certificate) ?? [];
  if (found.length === 0) throw damaged(setting, path);
  for (const pem of found) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw damaged(setting, path, cause);
    }
  }
  return text;
}

/**
 * The text of a PEM file with a certificate and its key, which `passphrase` opens when it is encrypted.
 * @throws SETTINGS_INVALID naming the setting and the file
 */
export function readCertificateWithKey(setting: string, path: string, passphrase: string | undefined): string {
  const text = readCertificates(setting, path);
  const refuse = (why: string, hint: string, cause?: unknown): AppError =>
    new AppError('SETTINGS_INVALID', `${setting} ${path} ${why}`, { cause, hint });
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw refuse('holds no private key', 'Put certificate and key into one file: cat cert.pem key.pem > both.pem.');
  }
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text);
  if (isEncrypted && passphrase === undefined) {
    throw refuse('has an encrypted key', `Name a file that holds its password as ${passwordSetting(setting)}File.`);
  }
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(passphrase === undefined ? text : { key: text, passphrase });
  } catch (cause) {
    const hint = isEncrypted
      ? `Check ${passwordSetting(setting)}.`
      : 'Take the key that was made with the certificate.';
    throw refuse(
      isEncrypted ? 'has a key that the password does not open' : 'has a key that cannot be read',
      hint,
      cause,
    );
  }
  const [first = ''] = text.match(certificate) ?? [];
  if (new X509Certificate(first).checkPrivateKey(key)) return text;
  throw refuse(
    'has a key of another certificate',
    'The certificate of this machine comes first, those of its CAs after it.',
  );
}

function passwordSetting(setting: string): string {
  return setting.startsWith('server') ? 'serverClientKeyPassword' : 'mongodbTlsCertificateKeyFilePassword';
}

function damaged(setting: string, path: string, cause?: unknown): AppError {
  return new AppError('SETTINGS_INVALID', `${setting} ${path} holds no PEM certificate that can be read`, {
    cause,
    hint: 'It begins with -----BEGIN CERTIFICATE-----; take the file that the CA or the server gave out.',
  });
}
