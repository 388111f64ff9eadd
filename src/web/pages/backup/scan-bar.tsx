import type { ScanProgress } from '../../../wire/api/backups.ts';
import { size } from '../../format.ts';

/** How far a scan is, all collections together. */
export function ScanBar({ scan }: { readonly scan: ScanProgress }) {
  const share = shareOf(scan.bytes, scan.allBytes);
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={scan.kind === 'resync' ? 'Resync' : 'Initial sync'}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share * 100)}
      aria-valuetext={`${Math.floor(share * 100)}%, ${size(scan.bytes)} of ${size(scan.allBytes)}`}
    >
      <i style={`--v: ${share}`} />
    </div>
  );
}

/** 0 to 1; what was planned is an estimate and may be outgrown. */
export function shareOf(done: number, all: number): number {
  return all <= 0 ? 0 : Math.min(1, done / all);
}
