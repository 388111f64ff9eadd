import type { Role } from '../../wire/api/access.ts';
import { ApiError } from '../api.ts';
import { allRoles, roleWords } from './role-words.ts';

interface RolesFieldProps {
  readonly roles: readonly Role[];
  /** These cannot be taken away here. */
  readonly fixed?: readonly Role[];
}

/** One or more roles to choose, each with what it may do. */
export function RolesField({ roles, fixed = [] }: RolesFieldProps) {
  return (
    <fieldset class="roles-field">
      <legend>Roles</legend>
      {allRoles.map((role) => (
        <label class="check" key={role}>
          <input
            type="checkbox"
            name={`role-${role}`}
            defaultChecked={roles.includes(role)}
            onClick={(event) => fixed.includes(role) && event.preventDefault()}
            aria-disabled={fixed.includes(role) ? true : undefined}
          />
          <span>
            {roleWords[role].name}
            <span class="help">{roleWords[role].may}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** The roles that are checked; throws when there is none. */
export function chosenRoles(values: Readonly<Record<string, string>>): readonly Role[] {
  const chosen = allRoles.filter((role) => values[`role-${role}`] !== undefined);
  if (chosen.length > 0) return chosen;
  throw new ApiError(0, { code: 'NO_ROLE', message: 'no role is chosen', hint: 'Choose at least one.' });
}
