/** An address that leads nowhere, with the way back. */
export function NotFound({ home }: { readonly home: string | null }) {
  return (
    <main class="alone" id="main">
      <div class="card empty">
        <h1>There is no such page</h1>
        <p>
          {home === null
            ? 'You are signed in, but belong to no group. Ask an owner to add you.'
            : 'It may belong to a group that you have no part in, or the address was cut off.'}
        </p>
        {home !== null && (
          <a class="button primary" href={home}>
            Go to the deployment
          </a>
        )}
      </div>
    </main>
  );
}
