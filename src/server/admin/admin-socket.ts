import { chmod, rm } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { type ErrorCode, errorKinds } from '../../runtime/error-codes.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import { type AdminAnswer, type AdminRequest, adminAnswer, adminRequest } from './admin-actions.ts';

const bodyLimitBytes = 64 * 1024;
const deadlineMs = 15_000;
/** Longer paths do not fit the kernel's address of a socket. */
const longestPath = 100;

export function adminSocketPath(dataDir: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\leafward-${Buffer.from(dataDir).toString('base64url').slice(-60)}`
    : join(dataDir, 'admin.sock');
}

/** Whoever may open the socket (0600, in a folder of 0700) administers the server. Undefined when the path is too long. */
export async function listenForAdmin(
  dataDir: string,
  run: (request: AdminRequest) => Promise<AdminAnswer>,
): Promise<(() => Promise<void>) | undefined> {
  const path = adminSocketPath(dataDir);
  if (Buffer.byteLength(path) > longestPath) return undefined;
  const server = http.createServer({ requestTimeout: deadlineMs }, (request, response) => {
    answer(request, run).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (thrown: unknown) => {
        const { code, message, hint, httpStatus } = toAppError(thrown);
        response
          .writeHead(httpStatus, { 'content-type': 'application/json' })
          .end(JSON.stringify({ code, message, hint }));
      },
    );
  });
  // The lock of the data directory is ours: a socket that lies here was left by a process that is gone.
  await rm(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  if (process.platform !== 'win32') await chmod(path, 0o600);
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
  };
}

/** Asks the server that runs on the data directory; undefined when none does. @throws what the server answered */
export async function askAdmin(dataDir: string, request: AdminRequest): Promise<AdminAnswer | undefined> {
  const reply = await post(adminSocketPath(dataDir), JSON.stringify(request));
  if (reply === undefined) return undefined;
  const body: unknown = JSON.parse(reply.body);
  if (reply.status === 200) return adminAnswer.parse(body);
  const problem = problemBody.parse(body);
  throw new AppError(knownCode(problem.code), problem.message, { hint: problem.hint });
}

const problemBody = z.object({ code: z.string(), message: z.string(), hint: z.string() });

function knownCode(code: string): ErrorCode {
  const codes = Object.keys(errorKinds) as ErrorCode[];
  return codes.find((known) => known === code) ?? 'INTERNAL';
}

async function answer(
  request: http.IncomingMessage,
  run: (request: AdminRequest) => Promise<AdminAnswer>,
): Promise<AdminAnswer> {
  const parsed = adminRequest.safeParse(JSON.parse(await readAll(request)));
  if (parsed.success) return run(parsed.data);
  const [issue] = parsed.error.issues;
  throw new AppError('INPUT_INVALID', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}

async function readAll(stream: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > bodyLimitBytes) throw new AppError('BODY_TOO_LARGE', 'the request is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function post(socketPath: string, body: string): Promise<{ status: number; body: string } | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string } | undefined>();
  const request = http.request({ socketPath, method: 'POST', path: '/', timeout: deadlineMs }, (response) => {
    readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject);
  });
  request.on('timeout', () =>
    request.destroy(new AppError('TIMEOUT', 'the server did not answer on its admin socket')),
  );
  request.on('error', (thrown) => {
    const absent = 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ECONNREFUSED');
    if (absent) resolve(undefined);
    else reject(thrown);
  });
  request.end(body);
  return promise;
}
