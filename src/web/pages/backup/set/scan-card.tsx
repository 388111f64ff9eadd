import { useMemo, useState } from 'preact/hooks';
import type { BackupSet, ScanProgress } from '../../../../wire/api/backups.ts';
import { narrow } from '../../../components/narrow.ts';
import { Shape } from '../../../components/status.tsx';
import { VirtualRows } from '../../../components/virtual-rows.tsx';
import { capital, counted, duration, size, whole } from '../../../format.ts';
import { useClock } from '../../../zone.ts';
import { ScanBar, shareOf } from '../scan-bar.tsx';

const names = { full: 'Initial sync', collections: 'Sync of single collections', resync: 'Resync' } as const;
const most = 8;

/** A scan as it runs: all of it, its rate, the time left against the oplog window, and a bar for each collection. */
export function ScanCard({ set, scan }: { readonly set: BackupSet; readonly scan: ScanProgress }) {
  const now = useClock(1000);
  const [all, setAll] = useState(false);
  const rows = useMemo(() => sorted(scan.collections), [scan.collections]);
  const left = scan.secondsLeft;
  const holds = set.oplogHoldsSeconds;
  const tooLong = left !== null && holds !== null && left > holds;
  return (
    <section class="card" aria-label={names[scan.kind]}>
      <header>
        <h2>{names[scan.kind]}</h2>
        <span class="sub">
          {`${whole(scan.doneCollections)} of ${counted(scan.allCollections, 'collection')}, since ${duration(Math.max(1000, now - scan.startedAtMs))}`}
        </span>
        <span class="end">
          {left === null ? 'time left not known yet' : `${duration(Math.max(1000, left * 1000))} left`}
        </span>
      </header>
      <div class="body">
        <ScanBar scan={scan} />
        <p class="scan-line">
          <span>
            <b>{size(scan.bytes)}</b> of {size(Math.max(scan.allBytes, scan.bytes))}
          </span>
          <span>
            <b>{whole(scan.documents)}</b> of {whole(Math.max(scan.allDocuments, scan.documents))} documents
          </span>
          <span>{scan.bytesPerSecond === null ? 'rate not known yet' : `${size(scan.bytesPerSecond)}/s`}</span>
          {holds !== null && <span>the oplog holds {duration(holds * 1000)}</span>}
        </p>
        {tooLong && (
          <p class="promise">
            <Shape health="warn" />
            <span>
              <b>It takes longer than the oplog holds.</b> While the agent follows the oplog all is well; an outage of
              it could not be made good. Enlarge the oplog (replSetResizeOplog) or raise the limits of the scan.
            </span>
          </p>
        )}
      </div>
      <table class="fixed scan-rows">
        <caption class="sr">Collections of the scan</caption>
        <thead>
          <tr>
            <th scope="col">Collection</th>
            <th scope="col">Progress</th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col" class="num">
              Documents
            </th>
          </tr>
        </thead>
        <VirtualRows rows={all ? rows : rows.slice(0, most)} rowHeight={narrow.matches ? 64 : 32} columns={4}>
          {(row) => <CollectionRow key={row.namespace} row={row} />}
        </VirtualRows>
      </table>
      {rows.length > most && (
        <footer>
          <button type="button" class="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? `Show ${most}` : `Show ${rows.length === scan.allCollections ? 'all ' : ''}${whole(rows.length)}`}
          </button>
        </footer>
      )}
    </section>
  );
}

function CollectionRow({ row }: { readonly row: ScanProgress['collections'][number] }) {
  const share = row.done ? 1 : shareOf(row.bytes, row.allBytes);
  const words = row.done ? 'done' : row.bytes === 0 ? 'waits' : `${Math.floor(share * 100)}%`;
  return (
    <tr>
      <td class="host" title={row.namespace}>
        {row.namespace}
      </td>
      <td class="progress">
        <div class={row.bytes === 0 && !row.done ? 'bar wait' : 'bar'} aria-hidden="true">
          <i style={`--v: ${share}`} />
        </div>
        <span>{capital(words)}</span>
      </td>
      <td class="num size">{`${size(row.bytes)} of ${size(Math.max(row.allBytes, row.bytes))}`}</td>
      <td class="num documents">{whole(row.documents)}</td>
    </tr>
  );
}

/** Those under way first, then those that wait (largest first), then those that are done. */
function sorted(rows: ScanProgress['collections']): ScanProgress['collections'] {
  const rank = ({ done, bytes }: ScanProgress['collections'][number]) => (done ? 2 : bytes > 0 ? 0 : 1);
  return rows.toSorted(
    (a, b) => rank(a) - rank(b) || b.allBytes - a.allBytes || a.namespace.localeCompare(b.namespace),
  );
}
