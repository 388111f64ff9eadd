import type { BackupSet } from '../../../../wire/api/backups.ts';
import { Shape } from '../../../components/status.tsx';
import { counted, shortTime, zoneName } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { coverageOf, protectionOf } from '../protection.ts';
import { setAddress } from '../use-backups.ts';

/** Can I get my data back? One sentence over all sets, with the first useful action. */
export function BackupVerdict({ sets }: { readonly sets: readonly BackupSet[] }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const now = useClock(10_000);
  const troubled = sets.filter(({ status }) => status.health === 'bad' || status.health === 'warn');
  const [first] = troubled;
  if (first === undefined) {
    const { health, title, all } = coverageOf(sets);
    const until = Math.min(...sets.map(({ protectedUntilMs }) => protectedUntilMs ?? Number.NaN));
    const from = Math.max(...sets.map(({ windowFromMs }) => windowFromMs ?? Number.NaN));
    const time = (ms: number) => `${shortTime(ms, zone, now)} ${zoneName(ms, zone)}`;
    const every =
      sets.length === 1 ? 'The set' : sets.length === 2 ? 'Both sets' : `All ${counted(sets.length, 'set')}`;
    return (
      <section class={`verdict ${health}`} aria-label="Can I get my data back?">
        <Shape health={health} />
        <h2>{all && until > 0 ? `${every} can be restored up to ${time(until)}` : title}</h2>
        {all && from > 0 && (
          <p>
            Any second since {time(from)}
            {sets.some(({ snapshots }) => snapshots > 1) ? '; snapshots reach further back.' : '.'}
          </p>
        )}
      </section>
    );
  }
  const { title, detail } = protectionOf(first, zone, now);
  return (
    <section class={`verdict ${first.status.health}`} aria-label="Can I get my data back?">
      <Shape health={first.status.health} />
      <h2>
        {first.name}: {title}
      </h2>
      <p>
        {detail}
        {troubled.length > 1 && ` And ${counted(troubled.length - 1, 'more set')} below.`}
      </p>
      <div class="actions">
        <a class="button primary" href={setAddress(groupId, first.replicaSetId)}>
          Open <span class="clip">{first.name}</span>
        </a>
      </div>
    </section>
  );
}
