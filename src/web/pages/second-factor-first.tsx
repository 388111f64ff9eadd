/** A group that lets nobody in without a second factor, for who has none yet. */
export function SecondFactorFirst({ groupName }: { readonly groupName: string }) {
  return (
    <main class="alone" id="main">
      <div class="card empty">
        <h1>First, a second factor</h1>
        <p>{groupName} lets nobody in by a password alone. Set up a code on your phone; it takes a minute.</p>
        <a class="button primary" href="/account">
          Set it up
        </a>
      </div>
    </main>
  );
}
