import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  type AgentKey,
  type ApiToken,
  agentKey,
  apiToken,
  newAgentKeyAnswer,
  newAgentKeyRequest,
  newApiTokenAnswer,
  newApiTokenRequest,
} from '../../wire/api/access.ts';
import { addAgentKey, addApiToken } from '../access/accounts.ts';
import { makerBehind, requireUnlimited } from '../access/actor.ts';
import { checkAddresses } from '../access/address-list.ts';
import { makerOf, permissionsOfToken, tokenState } from '../access/token-check.ts';
import { subjectById } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { AgentKeyRecord, ApiTokenRecord } from '../ports.ts';

const groupParams = z.object({ groupId: z.string() });
const keyParams = z.object({ groupId: z.string(), keyId: z.string() });
const tokenParams = z.object({ groupId: z.string(), tokenId: z.string() });

/** Agent keys and API tokens: listed, made (the secret is shown once), revoked. */
export function keyRoutes(app: ServerApp, context: ServerContext): void {
  const { keys } = context.stores;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/keys',
    config: { access: 'group.own' },
    schema: { params: groupParams, response: { 200: z.array(agentKey) } },
    handler: async (request) => (await keys.agentKeys(request.params.groupId)).map(keyView),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/keys',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: newAgentKeyRequest, response: { 201: newAgentKeyAnswer } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const { key, secret } = await addAgentKey(context, groupId, request.body.name, request.body.scope);
      await audit(context, request, {
        action: 'agentKey.made',
        groupId,
        subject: { kind: 'agentKey', id: key.id, label: key.name },
        detail: { scope: key.scope },
      });
      return reply.code(201).send({ key: keyView(key), secret });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/keys/:keyId',
    config: { access: 'group.own' },
    schema: { params: keyParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, keyId } = request.params;
      const revoked = await keys.revokeAgentKey(groupId, keyId, context.clock.now());
      if (!revoked) throw new AppError('NOT_FOUND', 'there is no such agent key in this group');
      await audit(context, request, { action: 'agentKey.revoked', groupId, subject: subjectById('agentKey', keyId) });
      // Long polls under this key end now, so that its agents learn at once.
      context.work.settingsChanged(groupId);
      return reply.code(204).send(null);
    },
  });
  tokenRoutes(app, context);
}

function tokenRoutes(app: ServerApp, context: ServerContext): void {
  const { keys } = context.stores;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/tokens',
    config: { access: 'group.own' },
    schema: { params: groupParams, response: { 200: z.array(apiToken) } },
    handler: async (request) => {
      const tokens = await keys.apiTokens(request.params.groupId);
      return Promise.all(tokens.map((token) => tokenView(context, token)));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/tokens',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: newApiTokenRequest, response: { 201: newApiTokenAnswer } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const { name, roles, expiresAtMs = null, addresses = [] } = request.body;
      requireUnlimited(request.actor);
      checkAddresses(addresses);
      if (expiresAtMs !== null && expiresAtMs <= context.clock.now()) {
        throw new AppError('INPUT_INVALID', 'the token would have expired already', {
          details: { field: 'expiresAtMs' },
        });
      }
      const limits = { expiresAtMs, addresses, madeBy: makerBehind(request.actor) };
      const { token, secret } = await addApiToken(context, groupId, name, roles, limits);
      await audit(context, request, {
        action: 'apiToken.made',
        groupId,
        subject: { kind: 'apiToken', id: token.id, label: token.name },
        detail: { roles: [...token.roles], expiresAtMs, addresses },
      });
      return reply.code(201).send({ token: await tokenView(context, token), secret });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/tokens/:tokenId',
    config: { access: 'group.own' },
    schema: { params: tokenParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, tokenId } = request.params;
      const revoked = await keys.revokeApiToken(groupId, tokenId, context.clock.now());
      if (!revoked) throw new AppError('NOT_FOUND', 'there is no such API token in this group');
      context.hub.endWhere(({ key }) => key === tokenId);
      await audit(context, request, { action: 'apiToken.revoked', groupId, subject: subjectById('apiToken', tokenId) });
      return reply.code(204).send(null);
    },
  });
}

function keyView({ id, name, scope, createdAtMs, lastUsedAtMs, revokedAtMs, sealed }: AgentKeyRecord): AgentKey {
  return { id, name, scope, createdAtMs, lastUsedAtMs, revokedAtMs, sealed };
}

async function tokenView({ stores, clock }: ServerContext, record: ApiTokenRecord): Promise<ApiToken> {
  const { groupId: _, hash: __, madeBy: ___, ...token } = record;
  const maker = await makerOf(stores, record);
  return {
    ...token,
    roles: [...token.roles],
    addresses: [...token.addresses],
    madeBy: maker?.email ?? null,
    state: tokenState(record, await permissionsOfToken(stores, record), clock.now()),
  };
}
