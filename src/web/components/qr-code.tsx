import { encode } from 'uqr';
import { qrPath } from './qr-path.ts';

/** Modules of white around a code: below four many cameras do not find it (ISO/IEC 18004, 5.3.8). */
const quiet = 4;

/** A QR code as one path; black on white in both themes, since many readers do not take the inverse. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: 0, ecc: 'M' });
  const side = size + 2 * quiet;
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={qrPath(data, quiet)} fill="#000" />
    </svg>
  );
}
