import { leafwardMib } from '../../alerts/notifiers/snmp-mib.ts';
import type { ServerApp } from './server-app.ts';

/** What the SNMP traps of alerts mean, for programs that receive them; the address never changes. */
export function mibRoute(app: ServerApp): void {
  app.route({
    method: 'GET',
    url: '/mib/LEAFWARD-MIB.txt',
    config: { access: 'public' },
    handler: async (_request, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="LEAFWARD-MIB.txt"')
        .type('text/plain; charset=utf-8')
        .send(leafwardMib),
  });
}
