import { useState } from 'preact/hooks';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Pill } from '../../components/status.tsx';

interface TestAnswer {
  readonly ok: boolean;
  readonly message: string;
}

/** Asks the provider or the directory with what is stored, and says what it answered. */
export function TestButton({ provider, enabled }: { readonly provider: 'oidc' | 'ldap'; readonly enabled: boolean }) {
  const [answer, setAnswer] = useState<TestAnswer | null>(null);
  const test = useAction(async () => {
    setAnswer(null);
    setAnswer(await send<TestAnswer>('POST', '/instance/sign-in/test', { provider }));
  });
  return (
    <div class="outcome">
      <div class="buttons">
        <button type="button" disabled={test.busy || !enabled} onClick={() => test.run()}>
          {test.busy ? 'Asking' : 'Test'}
        </button>
        <span class="help">By what is saved.</span>
      </div>
      <div role="status" class="outcome">
        {answer !== null && (
          <>
            <Pill health={answer.ok ? 'ok' : 'bad'} word={answer.ok ? 'It answers' : 'It does not work'} />
            <p>{answer.message}</p>
          </>
        )}
      </div>
      {test.error !== null && <ErrorBox error={test.error} />}
    </div>
  );
}
