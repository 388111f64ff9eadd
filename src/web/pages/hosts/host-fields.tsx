import { Field } from '../../components/field.tsx';

interface HostFieldsProps {
  readonly connectTo?: string;
  readonly username?: string;
  readonly hasCredentials?: boolean;
}

/** How the agent signs in to a host and where it dials: the same when a host is added and when it is edited. */
export function HostFields({ connectTo = '', username = '', hasCredentials = false }: HostFieldsProps) {
  return (
    <>
      <div class="pair">
        <Field
          label="User"
          name="username"
          value={username}
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
      <details open={connectTo !== ''}>
        <summary>More: address override, TLS, authSource</summary>
        <div class="form">
          <Field
            label="Dial another address"
            name="connectTo"
            value={connectTo}
            placeholder="10.0.0.7:27017"
            help="Where the agent cannot reach the name by which the deployment knows this process (containers, NAT). Empty: by its name."
          />
          <div class="pair">
            <div class="field">
              <label for="host-tls">TLS</label>
              <select id="host-tls" name="tls">
                <option value="">As the agent's settings say</option>
                <option value="yes">Yes</option>
                <option value="no">No</option>
              </select>
            </div>
            <Field label="authSource" name="authSource" placeholder="admin" />
          </div>
        </div>
      </details>
    </>
  );
}

/**
 * The filled fields as the API takes them; empty ones are left out, or null where something was set `before` and is
 * taken away. A login goes as a whole: without its user the password means nothing.
 */
export function hostChanges(
  values: Readonly<Record<string, string>>,
  before: { readonly connectTo: string | null; readonly username: string | null } | null = null,
): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const name of ['host', 'connectTo', 'username', 'password', 'authSource']) {
    const value = name === 'password' ? values[name] : values[name]?.trim();
    if (value !== undefined && value !== '') changes[name] = value;
  }
  if (before?.connectTo && !changes['connectTo']) changes['connectTo'] = null;
  if (before?.username && !changes['username']) changes['username'] = null;
  if (values['tls'] === 'yes' || values['tls'] === 'no') changes['tls'] = values['tls'] === 'yes';
  return changes;
}
