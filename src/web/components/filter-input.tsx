interface FilterInputProps {
  /** What is filtered by, for those who see the field. */
  readonly placeholder: string;
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
}

/** The field above a list that leaves only what holds the words typed. */
export function FilterInput({ placeholder, label, value, onText }: FilterInputProps) {
  return (
    <input
      class="filter"
      type="search"
      placeholder={placeholder}
      aria-label={label}
      value={value}
      onInput={({ currentTarget }) => onText(currentTarget.value)}
    />
  );
}
