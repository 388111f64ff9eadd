import { useMemo, useState } from 'preact/hooks';
import type { ApiToken } from '../../../../wire/api/access.ts';
import { send } from '../../../api.ts';
import { ConfirmDialog } from '../../../components/confirm-dialog.tsx';
import { Icon } from '../../../components/icon.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { RowsTable } from '../../../components/rows-table.tsx';
import { counted } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { SecretOnce } from '../secret-once.tsx';
import { NewTokenDialog } from './new-token-dialog.tsx';
import { TokenRow } from './token-row.tsx';

type Open = 'new' | { readonly secret: string } | { readonly revoking: ApiToken };
/** Tokens of scripts: what each may do, from where, until when, and when it last did. */
export function TokenSettings() {
  const { groupId } = useGroup();
  const path = `/groups/${groupId}/tokens`;
  const tokens = useResource<ApiToken[]>(path);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <div class="bar-tools">
        <span class="sub">
          For scripts, sent as Authorization: Bearer. A token never does more than who made it may.
        </span>
        <button type="button" class="end" onClick={() => setOpen('new')}>
          <Icon name="plus" />
          Make a token
        </button>
      </div>
      <Loaded from={tokens} height={200}>
        {(list) =>
          list.length === 0 ? (
            <div class="card empty big">
              <Icon name="link" />
              <h2>No tokens yet</h2>
              <p>A token lets a script read this group through the API, or change it, as the token’s roles allow.</p>
            </div>
          ) : (
            <TokenTable tokens={list} onRevoke={(revoking) => setOpen({ revoking })} />
          )
        }
      </Loaded>
      {open === 'new' && (
        <NewTokenDialog
          path={path}
          onMade={(secret) => {
            setOpen({ secret });
            tokens.reload();
          }}
          onClose={close}
        />
      )}
      {open !== null && open !== 'new' && 'secret' in open && (
        <SecretOnce
          title="API token"
          secret={open.secret}
          note="Send it as the header Authorization: Bearer TOKEN."
          onClose={close}
        />
      )}
      {open !== null && open !== 'new' && 'revoking' in open && (
        <ConfirmDialog
          title="Revoke"
          text="Scripts with this token are turned away at once."
          name={open.revoking.name}
          verb="Revoke for good"
          act={async () => {
            await send('DELETE', `${path}/${encodeURIComponent(open.revoking.id)}`);
            tokens.reload();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

const columns = ['Name', 'State', 'Roles', 'Only from', 'Last use'];

interface TokenTableProps {
  readonly tokens: readonly ApiToken[];
  readonly onRevoke: (token: ApiToken) => void;
}

function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  const rows = useMemo(() => tokens.toSorted(usableFirst), [tokens]);
  return (
    <section class="card" aria-label="API tokens">
      <header>
        <h2>API tokens</h2>
        <span class="sub">{counted(rows.length, 'token')}</span>
      </header>
      <RowsTable caption="API tokens" class="tokens" columns={columns} rows={rows} narrowHeight={192}>
        {(token, at) => <TokenRow key={token.id} token={token} at={at} onRevoke={() => onRevoke(token)} />}
      </RowsTable>
    </section>
  );
}

const over: readonly ApiToken['state'][] = ['expired', 'stopped', 'revoked'];

function usableFirst(a: ApiToken, b: ApiToken): number {
  return Number(over.includes(a.state)) - Number(over.includes(b.state)) || b.createdAtMs - a.createdAtMs;
}
