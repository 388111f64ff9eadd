/** Heads of the columns of a table whose rows end with their actions. */
export function ColumnHeads({ columns }: { readonly columns: readonly string[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th scope="col" key={column}>
            {column}
          </th>
        ))}
        <th scope="col">
          <span class="sr">Actions</span>
        </th>
      </tr>
    </thead>
  );
}
