import { AppError, toAppError } from '../../runtime/errors.ts';
import { signInProviders, signInSettings, signInTestAnswer, signInTestRequest } from '../../wire/api/sign-in.ts';
import type { Access } from '../access/access.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { sectionRoutes } from '../instance-settings/section-routes.ts';
import { testDirectory } from './directory.ts';
import { OidcProvider } from './oidc-provider.ts';
import { oidcRoutes, redirectUri } from './oidc-routes.ts';
import { signInSection } from './sign-in-section.ts';

/** How one can sign in here beside passwords, and the settings of it. */
export function signInRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
  const provider = new OidcProvider(context.outbound, context.clock);
  app.route({
    method: 'GET',
    url: '/sign-in/providers',
    config: { access: 'public' },
    schema: { response: { 200: signInProviders } },
    handler: () => providersOf(context),
  });
  oidcRoutes(app, access, provider);
  sectionRoutes(app, context, {
    ...signInSection,
    shown: signInSettings,
    show: (held) => ({ ...signInSection.show(held), redirectUri: redirectUri(context) }),
  });
  app.route({
    method: 'POST',
    url: '/instance/sign-in/test',
    config: { access: 'administrator' },
    schema: { body: signInTestRequest, response: { 200: signInTestAnswer } },
    handler: async (request) => {
      const answer = await tested(context, provider, request.body.provider);
      const detail = { provider: request.body.provider, ok: answer.ok };
      await audit(context, request, { action: 'server.signInTested', detail });
      return answer;
    },
  });
}

async function providersOf({ instance }: ServerContext) {
  const { passwords, oidc, ldap } = (await instance.read(signInSection)).value;
  return [
    ...(passwords ? [{ id: 'password', kind: 'password' as const, label: 'Password' }] : []),
    ...(ldap.enabled ? [{ id: 'ldap', kind: 'ldap' as const, label: ldap.label }] : []),
    ...(oidc.enabled ? [{ id: 'oidc', kind: 'oidc' as const, label: oidc.label }] : []),
  ];
}

/** With what is stored, also while it is switched off. */
async function tested(context: ServerContext, provider: OidcProvider, which: 'oidc' | 'ldap') {
  const { value, secrets } = await context.instance.read(signInSection);
  try {
    if (which === 'ldap')
      return { ok: true, message: await testDirectory(context, value.ldap, secrets['bindPassword']) };
    if (value.oidc.issuer === '' || value.oidc.clientId === '') {
      throw new AppError('INPUT_INVALID', 'the provider needs its issuer and a client id');
    }
    const metadata = await provider.test({ settings: value.oidc, clientSecret: secrets['clientSecret'] });
    return { ok: true, message: `${metadata.issuer} answers; people sign in at ${metadata.authorization_endpoint}` };
  } catch (thrown) {
    return { ok: false, message: toAppError(thrown).message };
  }
}
