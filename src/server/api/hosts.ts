import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  changeHostRequest,
  doctorRun,
  host,
  hostInfo,
  hostsAnswer,
  newHostRequest,
  rawRepliesAnswer,
  tagHostsRequest,
} from '../../wire/api/deployment.ts';
import { hostSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import { addHost, changeHost, dropHost, tagHosts } from '../fleet/change-hosts.ts';
import { blindness } from '../fleet/host-status.ts';
import { hostView, shownHosts } from '../fleet/host-view.ts';
import { loginGuard } from '../fleet/login-guard.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { HostRecord } from '../ports.ts';

const groupParams = z.object({ groupId: z.string() });
const hostParams = z.object({ groupId: z.string(), hostId: z.string() });
const rawDeadlineMs = 15_000;

/** Hosts: listed, added, changed, removed. */
export function hostRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/hosts',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: hostsAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const now = context.clock.now();
      return shownHosts(fleet).map((record) => hostView(fleet, record, now));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/hosts',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: newHostRequest, response: { 201: host } },
    handler: async (request, reply) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const record = await addHost(
        fleet,
        context.box,
        request.body,
        context.clock.now(),
        loginGuard(request.actor, fleet),
      );
      await told(context, fleet.group.id);
      await audit(context, request, {
        action: 'host.added',
        groupId: fleet.group.id,
        subject: hostSubject(record),
      });
      return reply.code(201).send(hostView(fleet, record, context.clock.now()));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/hosts/tags',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: tagHostsRequest, response: { 200: z.object({ changed: z.number().int() }) } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const { hostIds, add, remove } = request.body;
      const changed = await tagHosts(fleet, hostIds, { add, remove });
      await told(context, fleet.group.id);
      await audit(context, request, {
        action: 'host.tagged',
        groupId: fleet.group.id,
        detail: { hosts: changed.map((record) => record.host).slice(0, 100), count: changed.length, add, remove },
      });
      return { changed: changed.length };
    },
  });
  oneHostRoutes(app, context);
  hostWorkRoutes(app, context);
}

function oneHostRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/hosts/:hostId',
    config: { access: 'group.read' },
    schema: { params: hostParams, response: { 200: host } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      return hostView(fleet, fleet.host(request.params.hostId), context.clock.now());
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/hosts/:hostId',
    config: { access: 'monitoring.write' },
    schema: { params: hostParams, body: changeHostRequest, response: { 200: host } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const record = await changeHost(
        fleet,
        context.box,
        request.params.hostId,
        request.body,
        loginGuard(request.actor, fleet),
      );
      await told(context, fleet.group.id);
      await audit(context, request, {
        action: 'host.changed',
        groupId: fleet.group.id,
        subject: hostSubject(record),
        detail: { fields: Object.keys(request.body) },
      });
      return hostView(fleet, record, context.clock.now());
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/hosts/:hostId',
    config: { access: 'monitoring.write' },
    schema: { params: hostParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const record = fleet.host(request.params.hostId);
      await dropHost(fleet, record.id);
      await context.metrics.removeStream(fleet.group.id, record.id);
      await told(context, fleet.group.id);
      await audit(context, request, {
        action: 'host.removed',
        groupId: fleet.group.id,
        subject: hostSubject(record),
      });
      return reply.code(204).send(null);
    },
  });
}

/** What is asked of the agent, or was told by it once. */
function hostWorkRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/hosts/:hostId/info',
    config: { access: 'group.read' },
    schema: { params: hostParams, response: { 200: hostInfo } },
    handler: async (request) => {
      const { groupId, hostId } = request.params;
      const fleet = await context.fleet.group(groupId);
      const documents = await context.stores.hosts.documents(groupId, fleet.host(hostId).id);
      return { documents: documents.map(({ kind, atMs, document }) => ({ kind, atMs, document })) };
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/hosts/:hostId/raw',
    config: { access: 'group.read' },
    schema: { params: hostParams, response: { 200: rawRepliesAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request) => {
      const { groupId } = request.params;
      const host = await reachableHost(context, request.params);
      await audit(context, request, { action: 'host.rawRead', groupId, subject: hostSubject(host) });
      return { replies: await context.work.rawReplies(groupId, host.id, rawDeadlineMs) };
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/hosts/:hostId/doctor',
    config: { access: 'monitoring.write' },
    schema: { params: hostParams, response: { 200: doctorRun } },
    handler: async (request) => {
      const { groupId } = request.params;
      const host = await reachableHost(context, request.params);
      await audit(context, request, { action: 'host.doctorStarted', groupId, subject: hostSubject(host) });
      return context.work.startDoctor(groupId, host.id);
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/doctor/:orderId',
    config: { access: 'group.read' },
    schema: { params: z.object({ groupId: z.string(), orderId: z.string() }), response: { 200: doctorRun } },
    handler: async (request) => {
      const run = context.work.doctorRun(request.params.groupId, request.params.orderId);
      if (run === undefined) throw new AppError('NOT_FOUND', 'there is no such check, or it is too old');
      return run;
    },
  });
}

async function reachableHost(context: ServerContext, params: { groupId: string; hostId: string }): Promise<HostRecord> {
  const fleet = await context.fleet.group(params.groupId);
  const host = fleet.host(params.hostId);
  const monitoring = [...fleet.agents.values()].some(({ kind }) => kind === 'monitoring');
  if (!monitoring || blindness(fleet, context.clock.now()) !== null) {
    throw new AppError('CONFLICT', 'no agent is in touch that could ask the host', {
      hint: 'Start a monitoring agent (Settings > Download), or look at the Agents page why it does not report.',
    });
  }
  return host;
}

async function told(context: ServerContext, groupId: string): Promise<void> {
  context.work.settingsChanged(groupId);
  context.hub.publish(groupId, { type: 'hosts' });
  context.hub.publish(groupId, { type: 'topology', atMs: context.clock.now() });
}
