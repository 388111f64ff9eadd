import type { ApiToken } from '../../../../wire/api/access.ts';
import { rolesText } from '../../../components/role-words.ts';
import { RowButton } from '../../../components/row-button.tsx';
import { Pill } from '../../../components/status.tsx';
import { ago, capital, fullTime } from '../../../format.ts';
import { useZone } from '../../../zone.ts';

interface TokenRowProps {
  readonly token: ApiToken;
  readonly at: number;
  readonly onRevoke: () => void;
}

export function TokenRow({ token, at, onRevoke }: TokenRowProps) {
  const zone = useZone();
  const { name, roles, addresses, lastUsedAtMs, lastUsedAddress, madeBy, createdAtMs, revokedAtMs } = token;
  const usable = token.state === 'active' || token.state === 'expiring';
  return (
    <tr class={usable ? undefined : 'gone'} aria-rowindex={at + 2}>
      <td class="host" title={`${name}, made ${fullTime(createdAtMs, zone)} by ${madeBy ?? 'leafward admin'}`}>
        <b class="clip">{name}</b>
        <span class="sub small clip">
          {ago(createdAtMs)}, {madeBy ?? 'leafward admin'}
        </span>
      </td>
      <td data-label="State">
        <State token={token} />
      </td>
      <td data-label="Roles" title={rolesText(roles)}>
        {capital(rolesText(roles))}
      </td>
      <td data-label="Only from" title={addresses.join(', ')}>
        {addresses.length === 0 ? 'anywhere' : addresses.join(', ')}
      </td>
      <td data-label="Last use" title={lastUsedAtMs === null ? undefined : fullTime(lastUsedAtMs, zone)}>
        {lastUsedAtMs === null ? (
          'never'
        ) : (
          <>
            {ago(lastUsedAtMs)}
            {lastUsedAddress !== null && <span class="sub"> from {lastUsedAddress}</span>}
          </>
        )}
      </td>
      <td class="acts">{revokedAtMs === null && <RowButton word="Revoke" of={name} onClick={onRevoke} />}</td>
    </tr>
  );
}

function State({ token: { state, expiresAtMs, revokedAtMs } }: { readonly token: ApiToken }) {
  const zone = useZone();
  const end = expiresAtMs === null ? undefined : fullTime(expiresAtMs, zone);
  switch (state) {
    case 'active':
      return <Pill health="ok" word={expiresAtMs === null ? 'No end' : `Ends ${ago(expiresAtMs)}`} title={end} />;
    case 'expiring':
      return <Pill health="warn" word={`Ends ${ago(expiresAtMs ?? Date.now())}`} title={end} />;
    case 'expired':
      return <Pill health="off" word={`Ended ${ago(expiresAtMs ?? Date.now())}`} title={end} />;
    case 'stopped':
      return (
        <Pill
          health="warn"
          word="Stopped"
          title="Who made it left the group, was disabled, or may no longer do what it may"
        />
      );
    case 'revoked':
      return (
        <Pill health="off" word="Revoked" title={revokedAtMs === null ? undefined : fullTime(revokedAtMs, zone)} />
      );
  }
}
