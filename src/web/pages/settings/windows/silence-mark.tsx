import type { MaintenanceWindow } from '../../../../wire/api/notifiers.ts';
import { Icon } from '../../../components/icon.tsx';
import { shortTime, zoneName } from '../../../format.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useZone } from '../../../zone.ts';

/** That nobody is told, until when, and why. */
export function SilenceMark({ window: { name, toMs } }: { readonly window: MaintenanceWindow }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const until = toMs === null ? '' : ` until ${shortTime(toMs, zone)} ${zoneName(toMs, zone)}`;
  return (
    <a class="silenced" href={groupPath(groupId, 'settings', 'maintenance')} title={`Nobody is told: ${name}`}>
      <Icon name="silence" />
      silenced{until}
    </a>
  );
}
