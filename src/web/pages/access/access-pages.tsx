import type { SessionAnswer } from '../../../wire/api/access.ts';
import { InvitationPage } from './invitation-page.tsx';
import { NewPasswordPage } from './new-password-page.tsx';
import { PasswordResetPage } from './password-reset-page.tsx';
import { SetupPage } from './setup-page.tsx';
import { SignInLinkPage } from './sign-in-link-page.tsx';

interface AccessPagesProps {
  readonly parts: readonly string[];
  readonly onSignedIn: (answer: SessionAnswer, to?: string) => void;
}

/** The pages that need no session, the sign-in itself excepted: each is opened by a link with a token. */
export function AccessPages({ parts: [first, token = ''], onSignedIn }: AccessPagesProps) {
  if (first === 'setup') return <SetupPage token={token} onSignedIn={onSignedIn} />;
  if (first === 'invitation') return <InvitationPage token={token} onSignedIn={onSignedIn} />;
  if (first === 'password-reset') return token === '' ? <PasswordResetPage /> : <NewPasswordPage token={token} />;
  return <SignInLinkPage token={token} onSignedIn={onSignedIn} />;
}
