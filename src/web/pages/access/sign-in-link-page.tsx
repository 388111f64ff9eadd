import { useEffect } from 'preact/hooks';
import type { SessionAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Gate } from './gate.tsx';

interface SignInLinkProps {
  readonly token: string;
  readonly onSignedIn: (answer: SessionAnswer) => void;
}

/** A one-time link signs in by itself. */
export function SignInLinkPage({ token, onSignedIn }: SignInLinkProps) {
  const signIn = useAction(async () => onSignedIn(await send<SessionAnswer>('POST', '/session/link', { token })));
  useEffect(() => signIn.run(), [token]);
  return (
    <Gate title="Signing in">
      {signIn.error === null ? (
        <p aria-live="polite">One moment.</p>
      ) : (
        <>
          <ErrorBox error={signIn.error} />
          <a class="button" href="/sign-in">
            Sign in with a password
          </a>
        </>
      )}
    </Gate>
  );
}
