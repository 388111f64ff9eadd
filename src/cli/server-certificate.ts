import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../runtime/errors.ts';
import { type ListenAddress, ownNames } from '../server/http/listen-address.ts';
import type { ServedCertificate } from '../server/http/listeners.ts';
import { autoCertificate } from '../server/tls/auto-certificate.ts';
import { loadCertificate } from '../server/tls/load-certificate.ts';

export interface CertificateSettings {
  readonly dataDir: string;
  readonly tls?: 'off' | 'auto' | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsMinVersion?: string | undefined;
}

/** What the server shows, and the CA that agents have to trust where the server made its own. @throws SETTINGS_INVALID */
export async function certificateFor(
  settings: CertificateSettings,
  addresses: readonly ListenAddress[],
  publicUrl: string | undefined,
): Promise<(ServedCertificate & { readonly ca?: string }) | undefined> {
  const { tls = 'off', tlsCert, tlsKey, dataDir } = settings;
  const minVersion = settings.tlsMinVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2';
  if (tlsCert !== undefined || tlsKey !== undefined) {
    if (tls === 'auto') throw new AppError('SETTINGS_INVALID', 'tls = auto and tlsCert exclude each other');
    return { ...(await loadCertificate(tlsCert, tlsKey)), minVersion };
  }
  if (tls === 'off') return undefined;
  return { ...(await autoCertificate(join(dataDir, 'tls'), ownNames(addresses, publicUrl), Date.now())), minVersion };
}

/** Differs when a file of the certificate was written or put in place anew; undefined where there are no files. */
export async function certificateStamp({ tlsCert, tlsKey }: CertificateSettings): Promise<string | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const states = await Promise.all(
    [tlsCert, tlsKey].map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? 'gone' : `${found.ino}/${found.mtimeMs}/${found.size}`;
    }),
  );
  return states.join(' ');
}
