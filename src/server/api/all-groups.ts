import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { type GroupOverview, groupOverview } from '../../wire/api/people.ts';
import { groupSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { shownHosts } from '../fleet/host-view.ts';
import type { ServerApp } from '../http/server-app.ts';

const config = { access: 'administrator' } as const;

/** Every group of the server, also those that nobody belongs to: for its administrators, who take one over or delete it. */
export function allGroupRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/instance/groups',
    config,
    schema: { response: { 200: z.array(groupOverview) } },
    handler: async () => {
      const fleets = await context.fleet.all();
      return Promise.all(fleets.map((fleet) => overviewOf(context, fleet)));
    },
  });
  app.route({
    method: 'DELETE',
    url: '/instance/groups/:groupId',
    config,
    schema: { params: z.object({ groupId: z.string() }), response: { 204: z.null() } },
    handler: async (request, reply) => {
      const fleet = await context.fleet.group(request.params.groupId);
      await removeGroup(context, fleet);
      const { id: groupId } = fleet.group;
      await audit(context, request, { action: 'group.removed', groupId, subject: groupSubject(fleet.group) });
      return reply.code(204).send(null);
    },
  });
}

async function overviewOf({ stores, metrics, backupUse }: ServerContext, fleet: GroupFleet): Promise<GroupOverview> {
  const { id, name, createdAtMs } = fleet.group;
  const [members, series, backups] = await Promise.all([stores.members.members(id), metrics.use(id), backupUse(id)]);
  const owners = members.filter(({ user, roles }) => roles.includes('owner') && !user.disabled);
  return {
    id,
    name,
    createdAtMs,
    members: members.length,
    owners: owners.map(({ user }) => user.email),
    hosts: shownHosts(fleet).length,
    agents: fleet.agents.size,
    metricBytes: series.bytes,
    backedUpSets: backups.sets,
    backupBytes: backups.bytes,
  };
}

/** Backups are never deleted along: they have 72 hours to think again, and an owner who does it. @throws CONFLICT */
async function removeGroup(context: ServerContext, fleet: GroupFleet): Promise<void> {
  const { id, name } = fleet.group;
  const { sets } = await context.backupUse(id);
  if (sets > 0) {
    throw new AppError('CONFLICT', `the group ${name} holds backups of ${sets} replica sets`, {
      hint: 'Take the group over and terminate them first (Backups > set > Terminate).',
    });
  }
  if (!(await context.stores.groups.removeGroup(id))) {
    throw new AppError('CONFLICT', `the group ${name} has members`, {
      hint: 'Only a group that nobody belongs to is deleted: its members leave it first.',
    });
  }
  // Keys are gone by now, so nobody writes any more.
  context.fleet.forget(id);
  context.hub.endWhere((_owner, of) => of === id);
  for (const stream of [...fleet.hosts.keys(), ...fleet.agents.keys()]) await context.metrics.removeStream(id, stream);
}
