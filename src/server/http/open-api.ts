import swagger from '@fastify/swagger';
import type { FastifyContextConfig } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { buildInfo } from '../../runtime/build-info.ts';
import { problem } from '../../wire/api/common.ts';
import { isPermission, rolesWith } from '../access/permissions.ts';
import { sessionCookie } from '../access/session-cookie.ts';
import type { Access, ServerApp } from './server-app.ts';

const prefix = '/api/v1/';

const securitySchemes = {
  token: { type: 'http', scheme: 'bearer', description: 'An API token (lft_…) of a group.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description:
      'A page that is signed in. Its changes carry the header leafward-csrf with the value of sessionAnswer.csrf.',
  },
} as const;

/** Describes the routes under /api/v1 from their schemas and from who may call them. Must be registered before them. */
export async function describeApi(app: ServerApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Leafward',
        version: buildInfo.version,
        description:
          'Watches and backs up MongoDB. Times are milliseconds since 1970 UTC, sizes bytes. Errors are problem bodies: code, message, hint.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes, schemas: { problem: problemSchema() } },
    },
    transform: (input) => {
      const { url, route } = input;
      if (!url.startsWith(prefix) || route.method === 'HEAD') return { schema: { hide: true }, url };
      const described = jsonSchemaTransform({ ...input, schema: input.schema ?? {} });
      const optional = input.schema?.body instanceof z.ZodType && input.schema.body.safeParse(undefined).success;
      const mark = optional ? { [optionalBody]: true } : {};
      return { url, schema: { ...described.schema, ...describeRoute(route, described.schema), ...mark } };
    },
    transformObject: (document) => {
      if ('swaggerObject' in document) return document.swaggerObject;
      for (const methods of Object.values(document.openapiObject.paths ?? {})) markOptionalBodies(methods ?? {});
      leavePatterns(document.openapiObject.paths);
      return document.openapiObject;
    },
  });
}

const optionalBody = 'x-optional-body';

/** Where both stand, the pattern is what is checked: the format of an e-mail address also bounds the length of its parts. */
function leavePatterns(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  if ('format' in node && node.format === 'email' && 'pattern' in node) delete node.format;
  for (const part of Object.values(node)) leavePatterns(part);
}

/** The plugin takes every body for required. */
function markOptionalBodies(methods: object): void {
  for (const operation of Object.values(methods) as { requestBody?: { required?: boolean }; [optionalBody]?: true }[]) {
    if (operation[optionalBody] === undefined) continue;
    delete operation[optionalBody];
    if (operation.requestBody !== undefined) operation.requestBody.required = false;
  }
}

export function openApiRoute(app: ServerApp): void {
  let text: Buffer | undefined;
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { access: 'public', answers: { 'application/json': 'This description.' } },
    handler: async (_request, reply) => {
      // One copy for all who read it, however slowly they do.
      text ??= Buffer.from(JSON.stringify(app.swagger()));
      return reply.type('application/json; charset=utf-8').send(text);
    },
  });
}

interface DescribedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: FastifyContextConfig;
}

function describeRoute({ method, url, config }: DescribedRoute, schema: object): object {
  const access = config?.access ?? 'public';
  const verb = String(method);
  const words = url
    .slice(prefix.length)
    .split('/')
    .filter((word) => word !== '');
  const names = words.filter((word) => !word.startsWith(':'));
  const responses = 'response' in schema && typeof schema.response === 'object' ? schema.response : {};
  return {
    tags: [names.find((name) => name !== 'groups') ?? 'groups'],
    operationId: operationId(verb, words),
    description: whoMay(access),
    security:
      access === 'public' ? [] : access === 'administrator' ? [{ session: [] }] : [{ token: [] }, { session: [] }],
    response: {
      ...describedAnswers(responses ?? {}, config?.answers ?? {}),
      ...(config?.redirects === undefined ? {} : { 302: { description: config.redirects, type: 'null' } }),
      ...errorsOf(access, verb, url, schema),
    },
  };
}

/** `GET /groups/:groupId/hosts/:hostId` → `getGroupsByGroupIdHostsByHostId`. */
function operationId(verb: string, words: readonly string[]): string {
  const parts = words.map((word) =>
    (word.startsWith(':') ? `by-${word.slice(1)}` : word).replace(
      /(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g,
      (_, letter: string) => letter.toUpperCase(),
    ),
  );
  return verb.toLowerCase() + parts.join('');
}

function whoMay(access: Access): string {
  if (isPermission(access)) return `Needs the permission ${access} in the group: ${rolesWith(access)}.`;
  if (access === 'administrator') return 'The administrator of the server, signed in.';
  return access === 'public' ? 'Anybody.' : 'Anybody who is signed in, or a token.';
}

/** What is no JSON says its content type; what has no body has none. */
function describedAnswers(responses: object, contentTypes: Readonly<Record<string, string>>): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const [status, answer] of Object.entries(responses))
    answers[status] = status === '204' ? { description: 'Done.', type: 'null' } : answer;
  for (const [type, description] of Object.entries(contentTypes)) {
    answers['200'] = {
      description,
      content: { [type]: { schema: type === 'application/json' ? {} : { type: 'string' } } },
    };
  }
  return answers;
}

const refusals = {
  400: 'The input is not valid; details.field names the place.',
  401: 'Nobody is signed in, or the token is wrong.',
  403: 'The roles of who asks do not allow it.',
  404: 'There is no such thing, or it belongs to a group that is not theirs.',
  409: 'The state of the thing does not allow it now.',
  410: 'The link was used or has expired.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'It cannot be done with what is there.',
  431: 'Address and headers are larger than 16 KiB.',
  429: 'Too many at once or too often; Retry-After says when to come back.',
  502: 'What had to be reached did not answer as it should.',
  503: 'Not now: the server is starting or ending.',
  504: 'The agent did not answer in time.',
  507: 'The disk of the server is full.',
} as const;

function errorsOf(access: Access, verb: string, url: string, schema: object): Record<string, unknown> {
  const changes = verb !== 'GET';
  const statuses: (keyof typeof refusals)[] = [400, 429, 503];
  if (access !== 'public') statuses.push(401, 403);
  if ('querystring' in schema) statuses.push(431);
  if (url.includes('/:')) statuses.push(404, 409, 504);
  if (changes) statuses.push(409, 413, 415, 422, 502, 504, 507);
  if (access === 'public' && ('body' in schema || url.includes('/:'))) statuses.push(401, 403, 410);
  return Object.fromEntries(
    statuses
      .toSorted((a, b) => a - b)
      .map((status) => [
        String(status),
        {
          description: refusals[status],
          content: { 'application/json': { schema: { $ref: '#/components/schemas/problem' } } },
        },
      ]),
  );
}

function problemSchema(): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(problem, { target: 'draft-2020-12' });
  return schema;
}
