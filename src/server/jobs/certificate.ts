import { toAppError } from '../../runtime/errors.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { ServerContext } from '../context.ts';

const everyMs = 24 * 3_600_000;

/** Renews the server's certificate before it ends, and at once when publicUrl brings another name. */
export async function keepCertificate(
  { address, log, signal }: ServerContext,
  reload: () => Promise<void>,
): Promise<void> {
  if (!address.tls()) return;
  const onError = (thrown: unknown): void =>
    log.error('the certificate could not be read again; the old one stays', { reason: toAppError(thrown).message });
  address.onChange(() => void reload().catch(onError));
  await periodic(reload, { intervalMs: everyMs, firstDelayMs: everyMs, signal, onError });
}
