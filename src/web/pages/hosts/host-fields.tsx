import type { Host } from '../../../wire/api/deployment.ts';
import { Field, Select } from '../../components/field.tsx';
import { useGroup } from '../../session.ts';

type Reach = Pick<Host, 'connectTo' | 'username' | 'authSource' | 'tls' | 'hasCredentials'>;
const unset: Reach = { connectTo: null, username: null, authSource: null, tls: null, hasCredentials: false };
const fixedWhy = 'Only an owner of the group changes this: the stored login would go another way.';
const tlsChoices = [
  ['', 'Not set here'],
  ['yes', 'Yes'],
  ['no', 'No'],
] as const;

/** How the agent signs in to a host and where it dials: the same when a host is added and when it is edited. */
export function HostFields({ host = unset }: { readonly host?: Reach }) {
  const { connectTo, username, authSource, tls, hasCredentials } = host;
  const { may } = useGroup();
  // Who does not know the stored login could send it to a machine of their own.
  const isFixed = hasCredentials && !may('group.own');
  return (
    <>
      <div class="pair">
        <Field
          label="User"
          name="username"
          value={username ?? ''}
          help="With the role clusterMonitor. Empty: as the agent's own settings say."
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="new-password"
          help={
            hasCredentials
              ? 'Kept encrypted. Leave empty to keep it; without a user it is forgotten.'
              : 'Kept encrypted; goes to approved agents only.'
          }
        />
      </div>
      <details open={connectTo !== null || authSource !== null || tls !== null}>
        <summary>More: address override, TLS, authSource</summary>
        <div class="form">
          <Field
            label="Dial another address"
            name="connectTo"
            value={connectTo ?? ''}
            placeholder="10.0.0.7:27017"
            disabled={isFixed}
            help={
              isFixed
                ? fixedWhy
                : 'Where the agent cannot reach the name by which the deployment knows this process (containers, NAT). Empty: by its name.'
            }
          />
          <div class="pair">
            <Select
              label="TLS"
              name="tls"
              value={tlsWord(tls)}
              options={tlsChoices}
              disabled={isFixed}
              help={isFixed ? fixedWhy : "Not set: as its set or the agent's settings say."}
            />
            <Field
              label="authSource"
              name="authSource"
              value={authSource ?? ''}
              placeholder="admin"
              help="The database that knows the user."
            />
          </div>
        </div>
      </details>
    </>
  );
}

/**
 * What a form of these fields changes of the host, as the API takes it; null takes away what was set `before`. A login
 * goes as a whole: without its user the password means nothing. What a form leaves out (a field that is fixed) stays.
 */
export function hostChanges(
  values: Readonly<Record<string, string>>,
  before: Reach | null = null,
): Record<string, string | boolean | null> {
  const changes: Record<string, string | boolean | null> = {};
  for (const name of ['connectTo', 'username', 'authSource'] as const) {
    const old = before?.[name] ?? '';
    const value = values[name]?.trim() ?? old;
    if (value !== old) changes[name] = value === '' ? null : value;
  }
  const { host, password = '', tls } = values;
  if (host !== undefined) changes['host'] = host.trim();
  if (password !== '') changes['password'] = password;
  if (tls !== undefined && tls !== tlsWord(before?.tls ?? null)) changes['tls'] = tls === '' ? null : tls === 'yes';
  return changes;
}

function tlsWord(tls: boolean | null): string {
  if (tls === null) return '';
  return tls ? 'yes' : 'no';
}
