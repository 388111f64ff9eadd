interface PersonCellProps {
  /** Empty: the person has told none. */
  readonly name: string;
  readonly email: string;
  /** It is the reader. */
  readonly own?: boolean;
}

/** The first cell of a row about a person. */
export function PersonCell({ name, email, own = false }: PersonCellProps) {
  return (
    <td class="host" title={`${name} ${email}`.trim()}>
      <b class="clip">
        {name === '' ? email : name}
        {own && ' (you)'}
      </b>
      {name !== '' && <span class="sub small clip">{email}</span>}
    </td>
  );
}
