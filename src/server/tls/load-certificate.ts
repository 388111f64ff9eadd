import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../../runtime/errors.ts';

/** Reads tlsCert and tlsKey and checks that they belong together. @throws SETTINGS_INVALID naming the file */
export async function loadCertificate(
  certPath: string | undefined,
  keyPath: string | undefined,
): Promise<{ key: string; cert: string }> {
  if (certPath === undefined || keyPath === undefined) {
    throw new AppError('SETTINGS_INVALID', 'tlsCert and tlsKey go together; one of them is not set');
  }
  const [cert, key] = await Promise.all([read('tlsCert', certPath), read('tlsKey', keyPath)]);
  let matches: boolean;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `${certPath} and ${keyPath} are not a PEM certificate and its private key`, {
      cause,
    });
  }
  if (!matches)
    throw new AppError('SETTINGS_INVALID', `the key in ${keyPath} does not belong to the certificate in ${certPath}`);
  return { key, cert };
}

async function read(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `${name}: cannot read ${path}`, { cause });
  }
}
