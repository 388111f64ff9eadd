import { mailTestRequest } from '../../wire/api/instance.ts';
import { sendReport } from '../../wire/api/notifiers.ts';
import { htmlText } from '../../wire/outbound/html-text.ts';
import { outboundProblem } from '../../wire/outbound/outbound.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { allSections } from '../instance-settings/sections.ts';

/** Settings of the whole instance, for its administrators. */
export function instanceRoutes(app: ServerApp, context: ServerContext): void {
  allSections(app, context);
  app.route({
    method: 'POST',
    url: '/instance/mail/test',
    config: { access: 'administrator' },
    schema: { body: mailTestRequest, response: { 200: sendReport } },
    handler: async (request) => {
      const { to } = request.body;
      await audit(context, request, { action: 'server.mailTested', detail: { to } });
      const text = `Mail of Leafward at ${context.address.publicUrl()} arrives here.`;
      const message = { to: [to], subject: 'Leafward: test', text, html: `<p>${htmlText(text)}</p>` };
      try {
        const said = await context.mailer.send(message, context.signal);
        return { ok: true, detail: 'the mail server took it', body: said };
      } catch (thrown) {
        return { ok: false, detail: outboundProblem(thrown), body: null };
      }
    },
  });
}
