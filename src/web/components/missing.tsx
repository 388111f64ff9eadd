interface MissingProps {
  readonly title: string;
  /** Why that may be. */
  readonly why: string;
  readonly to: string;
  readonly word: string;
}

/** In place of a thing that the server does not know (any more): why that may be, and the way on. */
export function Missing({ title, why, to, word }: MissingProps) {
  return (
    <div class="card empty big" role="alert">
      <h1>{title}</h1>
      <p>{why}</p>
      <a class="button primary" href={to}>
        {word}
      </a>
    </div>
  );
}
