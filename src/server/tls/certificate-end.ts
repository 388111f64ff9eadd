import { X509Certificate } from 'node:crypto';

/** When the first certificate of a PEM file ends. */
export function certificateEnd(pem: string, renewsItself: boolean): { notAfterMs: number; renewsItself: boolean } {
  return { notAfterMs: Date.parse(new X509Certificate(pem).validTo), renewsItself };
}
