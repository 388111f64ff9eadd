import { X509Certificate } from 'node:crypto';
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

function damaged(setting: string, path: string, cause?: unknown): AppError {
  return new AppError('SETTINGS_INVALID', `${setting} ${path} holds no PEM certificate that can be read`, {
    cause,
    hint: 'It begins with -----BEGIN CERTIFICATE-----; take the file that the CA or the server gave out.',
  });
}
