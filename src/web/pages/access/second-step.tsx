import type { SessionAnswer } from '../../../wire/api/access.ts';
import { send, toApiError } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Gate } from './gate.tsx';

interface SecondStepProps {
  readonly challenge: string;
  readonly onSignedIn: (answer: SessionAnswer) => void;
  /** Back to the password; `expired`: because this step took too long. */
  readonly onBack: (expired: boolean) => void;
}

/** The code of the second factor, or one of its recovery codes. */
export function SecondStep({ challenge, onSignedIn, onBack }: SecondStepProps) {
  const send2 = async ({ code = '' }: Record<string, string>) => {
    try {
      onSignedIn(await send<SessionAnswer>('POST', '/session/second-factor', { challenge, code: code.trim() }));
    } catch (thrown) {
      if (toApiError(thrown).code !== 'LINK_EXPIRED') throw thrown;
      onBack(true);
    }
  };
  return (
    <Gate title="Second step">
      <Form class="form" takesFocus save={send2}>
        {({ busy, error }) => (
          <>
            <Field
              label="Code"
              name="code"
              autocomplete="one-time-code"
              required
              help="The six digits that your authenticator app shows now. Without your phone, type one of your recovery codes."
            />
            {error !== null && <ErrorBox error={error} />}
            <button type="submit" class="primary" disabled={busy}>
              {busy ? 'Signing in' : 'Sign in'}
            </button>
          </>
        )}
      </Form>
      <p class="help">
        Neither is at hand? An administrator of this server can take your second factor away.{' '}
        <button type="button" class="link" onClick={() => onBack(false)}>
          Sign in as somebody else
        </button>
      </p>
    </Gate>
  );
}
