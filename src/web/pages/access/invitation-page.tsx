import { useEffect, useState } from 'preact/hooks';
import type { SessionAnswer } from '../../../wire/api/access.ts';
import type { InvitationState } from '../../../wire/api/people.ts';
import { get, send, setCsrf } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { NewPassword, sameTwice } from '../../components/new-password.tsx';
import { rolesText, roleWords } from '../../components/role-words.ts';
import { ago } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { Gate } from './gate.tsx';

interface InvitationProps {
  readonly token: string;
  readonly onSignedIn: (answer: SessionAnswer, to?: string) => void;
}

/** The page of an invitation's link: a new account is made, or somebody who has one joins. */
export function InvitationPage({ token, onSignedIn }: InvitationProps) {
  const path = `/invitations/${encodeURIComponent(token)}`;
  const state = useResource<InvitationState>(path);
  return (
    <Gate title="Invitation">
      <Loaded from={state} height={320}>
        {(invitation) =>
          invitation.valid ? (
            <>
              <Offer invitation={invitation} />
              {invitation.hasAccount === true ? (
                <Join path={path} token={token} email={invitation.email ?? ''} onSignedIn={onSignedIn} />
              ) : (
                <NewAccount path={path} email={invitation.email ?? ''} onSignedIn={onSignedIn} />
              )}
            </>
          ) : (
            <>
              <p>This invitation was used already, was taken back, or has expired.</p>
              <p class="help">Ask the owner of the group for another one.</p>
              <a class="button" href="/sign-in">
                Sign in
              </a>
            </>
          )
        }
      </Loaded>
    </Gate>
  );
}

/** Who invites to what, and what one will be able to do there. */
function Offer({ invitation }: { readonly invitation: InvitationState }) {
  const { groupName = 'a group', invitedBy, roles = [], expiresAtMs } = invitation;
  return (
    <div class="offer">
      <p>
        {invitedBy === undefined ? 'You are invited' : `${invitedBy} invites you`} to <b>{groupName}</b> as{' '}
        {rolesText(roles)}.
      </p>
      <ul class="bullets small">
        {roles.map((role) => (
          <li key={role}>{roleWords[role].may}</li>
        ))}
      </ul>
      {expiresAtMs !== undefined && <p class="help">The invitation ends {ago(expiresAtMs)}.</p>}
    </div>
  );
}

interface StepProps extends Omit<InvitationProps, 'token'> {
  readonly path: string;
  readonly email: string;
}

function NewAccount({ path, email, onSignedIn }: StepProps) {
  const accept = async (values: Record<string, string>) => {
    const name = values['name'] ?? '';
    onSignedIn(await send<SessionAnswer>('POST', `${path}/accept`, { name, password: sameTwice(values) }), '/');
  };
  return (
    <Form class="form" takesFocus save={accept}>
      {({ busy, error }) => (
        <>
          <p>
            Your account will be <b>{email}</b>.
          </p>
          <input type="hidden" name="username" autocomplete="username" value={email} />
          <Field label="Your name" name="name" autocomplete="name" help="As others in the group see it." />
          <NewPassword label="Password" />
          {error !== null && <ErrorBox error={error} />}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Joining' : 'Make the account and join'}
          </button>
        </>
      )}
    </Form>
  );
}

/** For who has an account: joins at once when signed in as that, else after the sign-in. */
function Join({ path, token, email, onSignedIn }: StepProps & { readonly token: string }) {
  const [session, setSession] = useState<SessionAnswer | 'none' | null>(null);
  useEffect(() => {
    get<SessionAnswer>('/session').then(
      (answer) => {
        setCsrf(answer.csrf);
        setSession(answer);
      },
      () => setSession('none'),
    );
  }, []);
  const accept = useAction(async () => onSignedIn(await send<SessionAnswer>('POST', `${path}/accept`, {}), '/'));
  if (session === null) return null;
  if (session !== 'none' && session.user.email === email) {
    return (
      <>
        <p>You are signed in as {email}.</p>
        {accept.error !== null && <ErrorBox error={accept.error} />}
        <button type="button" class="primary" disabled={accept.busy} onClick={() => accept.run()}>
          {accept.busy ? 'Joining' : 'Join the group'}
        </button>
      </>
    );
  }
  return (
    <>
      {session !== 'none' && (
        <p>
          You are signed in as {session.user.email}, and the invitation is for <b>{email}</b>.
        </p>
      )}
      <p>{email} has an account here. Sign in with it, then join.</p>
      <a class="button primary" href={`/sign-in?to=${encodeURIComponent(`/invitation/${token}`)}`}>
        Sign in as {email}
      </a>
    </>
  );
}
