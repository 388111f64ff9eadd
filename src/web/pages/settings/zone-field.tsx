import { useId } from 'preact/hooks';

/** The zone of the browser, by its name. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** A time zone by its name, typed with the browser's list behind it. Null: that of the browser. */
export function ZoneField({ name, value }: { readonly name: string; readonly value: string | null }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Time zone</label>
      <input
        id={id}
        name={name}
        list={`${id}-zones`}
        defaultValue={value ?? ownZone()}
        required
        autocomplete="off"
        spellcheck={false}
      />
      <datalist id={`${id}-zones`}>
        {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </div>
  );
}
