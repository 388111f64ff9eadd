import { useId } from 'preact/hooks';
import { setQuery } from '../../../router.ts';
import type { ChosenDocuments } from './chosen-documents.ts';

/** Only some documents of the collection that is chosen. */
export function OnlyDocuments({ chosen }: { readonly chosen: ChosenDocuments }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Only documents of {chosen.namespace} that fit</label>
      <textarea
        key={chosen.text}
        id={id}
        class="mono"
        rows={2}
        placeholder={'all of them\n{"status": "lost"}'}
        defaultValue={chosen.text}
        spellcheck={false}
        aria-invalid={chosen.problem !== null}
        aria-describedby={`${id}-help`}
        onChange={(event) => setQuery('find', event.currentTarget.value.trim())}
      />
      {chosen.problem === null ? (
        <p class="help" id={`${id}-help`}>
          A filter in Extended JSON, or an _id. They come beside what the target has.
        </p>
      ) : (
        <p class="error-line" id={`${id}-help`} role="alert">
          {chosen.problem}
        </p>
      )}
    </div>
  );
}
