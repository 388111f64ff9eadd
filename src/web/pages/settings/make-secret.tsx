import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ErrorBox } from '../../components/error-box.tsx';
import { Form } from '../../components/form.tsx';
import { SecretOnce } from './secret-once.tsx';

interface MakeSecretProps {
  readonly label: string;
  readonly verb: string;
  /** Makes it and gives back its secret. */
  readonly make: (values: Record<string, string>) => Promise<string>;
  readonly onMade: () => void;
  readonly title: string;
  readonly note: string;
  readonly children: ComponentChildren;
}

/** A line of fields that makes something with a secret, which is shown once. */
export function MakeSecret({ label, verb, make, onMade, title, note, children }: MakeSecretProps) {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <Form
        class="inline-form"
        label={label}
        save={async (values, form) => {
          setSecret(await make(values));
          form.reset();
          onMade();
        }}
      >
        {({ busy, error }) => (
          <>
            {children}
            <button type="submit" disabled={busy}>
              {verb}
            </button>
            {error !== null && <ErrorBox error={error} />}
          </>
        )}
      </Form>
      {secret !== null && <SecretOnce title={title} secret={secret} note={note} onClose={() => setSecret(null)} />}
    </>
  );
}
