import { useResource } from '../../resource.ts';

interface Provider {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
}

/** A button for each provider by which one can sign in here; nothing where there is none. */
export function Providers({ to }: { readonly to: string | null; readonly problem: string | null }) {
  const providers = useResource<Provider[]>('/sign-in/providers').data ?? [];
  const redirects = providers.filter(({ kind }) => kind === 'oidc');
  if (redirects.length === 0) return null;
  const query = to === null ? '' : `&to=${encodeURIComponent(to)}`;
  return (
    <div class="providers">
      <p class="or">or</p>
      {redirects.map(({ id, label }) => (
        <a key={id} class="button" href={`/api/v1/sign-in/oidc/start?provider=${encodeURIComponent(id)}${query}`}>
          {label}
        </a>
      ))}
    </div>
  );
}
