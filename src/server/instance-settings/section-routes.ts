import type { z } from 'zod';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { InstanceSection } from './instance-section.ts';

/** `GET` and `PATCH /instance/<name>` of one section. */
export function sectionRoutes<V, S extends z.ZodType, C extends z.ZodType<object>>(
  app: ServerApp,
  context: ServerContext,
  section: InstanceSection<V, S, C>,
): void {
  const url = `/instance/${section.name}`;
  const shown: z.ZodType = section.shown;
  const change: z.ZodType = section.change;
  app.route({
    method: 'GET',
    url,
    config: { access: 'administrator' },
    schema: { response: { 200: shown } },
    handler: async () => section.show(await context.instance.read(section)),
  });
  app.route({
    method: 'PATCH',
    url,
    config: { access: 'administrator' },
    schema: { body: change, response: { 200: shown } },
    handler: async (request) => {
      const wanted = section.change.parse(request.body);
      const held = await context.instance.change(section, wanted);
      await audit(context, request, {
        action: 'server.settingsChanged',
        detail: { section: section.name, fields: Object.keys(wanted) },
      });
      return section.show(held);
    },
  });
}
