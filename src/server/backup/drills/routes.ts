import { z } from 'zod';
import { backupDrill, backupOperation } from '../../../wire/api/backups.ts';
import { setSubject } from '../../audit/subjects.ts';
import { audit } from '../../audit.ts';
import type { ServerApp } from '../../http/server-app.ts';
import type { Backups } from '../backups.ts';
import { keptOf } from '../set-book.ts';
import { setOf, setParams } from '../set-routes.ts';
import { startDrill } from './start-drill.ts';

/** Restore drills: asked for, and how they ended. */
export function drillRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/drills',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: z.array(backupDrill) } },
    handler: async ({ params }) => {
      await setOf(backups, params);
      return [...(await backups.drillBook.list(params.groupId, params.setId))];
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/drills',
    config: { access: 'backup.write' },
    schema: { params: setParams, response: { 202: backupOperation } },
    handler: async ({ params, actor, ip }, reply) => {
      const set = await setOf(backups, params);
      keptOf(set);
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'backup.drillStarted',
          groupId: params.groupId,
          subject: setSubject(params.setId, set),
        },
      );
      return reply.code(202).send(startDrill(backups, params.groupId, set));
    },
  });
}
