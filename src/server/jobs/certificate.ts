import { toAppError } from '../../runtime/errors.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { ServerContext } from '../context.ts';

const everyMs = 24 * 3_600_000;
const lookEveryMs = 5000;

interface CertificateJob {
  /** Reads the certificate again and shows it from now on. */
  readonly reload: () => Promise<void>;
  /** Differs when its files are other ones; undefined: the server makes its own. */
  readonly stamp: () => Promise<string | undefined>;
}

/** Renews the server's certificate before it ends, at once when publicUrl brings another name, and when its files change. */
export async function keepCertificate(
  { address, log, signal }: ServerContext,
  { reload, stamp }: CertificateJob,
): Promise<void> {
  if (!address.tls()) return;
  const onError = (thrown: unknown): void =>
    log.error('the certificate could not be read again; the old one stays', { reason: toAppError(thrown).message });
  address.onChange(() => void reload().catch(onError));
  let known = await stamp();
  const look = async (): Promise<void> => {
    const now = await stamp();
    if (now === known) return;
    // Also when it is of no use: that is told once, and tried again at the next change (the key may come after the certificate).
    known = now;
    await reload();
    log.info('the files of the certificate have changed: it was read again');
  };
  await Promise.all([
    periodic(reload, { intervalMs: everyMs, firstDelayMs: everyMs, signal, onError }),
    periodic(look, { intervalMs: lookEveryMs, firstDelayMs: lookEveryMs, signal, onError }),
  ]);
}
