import { ApiError } from '../api.ts';
import { Field } from './field.tsx';

interface NewPasswordProps {
  readonly label?: string;
  readonly name?: string;
}

/** A new password, typed twice. */
export function NewPassword({ label = 'New password', name = 'password' }: NewPasswordProps) {
  return (
    <>
      <Field
        label={label}
        name={name}
        type="password"
        autocomplete="new-password"
        required
        minLength={10}
        help="At least 10 characters; a few words in a row are good."
      />
      <Field label="The same again" name="again" type="password" autocomplete="new-password" required />
    </>
  );
}

/** The password of the form; throws what marks the second field when the two differ. */
export function sameTwice(values: Record<string, string>, name = 'password'): string {
  const password = values[name] ?? '';
  if (password === values['again']) return password;
  throw new ApiError(0, {
    code: 'PASSWORDS_DIFFER',
    message: 'the two passwords differ',
    hint: 'Type the same twice.',
    details: { field: 'again' },
  });
}
