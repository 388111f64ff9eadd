import { encode } from 'uqr';

/** Modules of white around a code: below four many cameras do not find it (ISO/IEC 18004, 5.3.8). */
const quiet = 4;

/** A QR code as one path; black on white in both themes, since many readers do not take the inverse. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: 0, ecc: 'M' });
  const side = size + 2 * quiet;
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={darkRuns(data)} fill="#000" />
    </svg>
  );
}

/** The dark modules of each row, runs joined: `M4 4h7v1h-7z…`. */
function darkRuns(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  for (const [y, row] of rows.entries()) {
    let from = -1;
    for (let x = 0; x <= row.length; x++) {
      const dark = row[x] === true;
      if (dark && from < 0) from = x;
      if (dark || from < 0) continue;
      path += `M${from + quiet} ${y + quiet}h${x - from}v1h-${x - from}z`;
      from = -1;
    }
  }
  return path;
}
