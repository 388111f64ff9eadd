import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** What the runner (test/run.ts) reads: one JSON line for each test that ended. */
export interface TestLine {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly file: string;
  readonly line: number;
  readonly durationMs: number;
  /** Why it was skipped, or the error with its stack. */
  readonly text: string;
}

/** Suites, and tests that failed only because a test inside them did, are not counted. */
export default async function* lineReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    if (data.details.type === 'suite' && event.type === 'test:pass') continue;
    const skipped = data.skip !== undefined && data.skip !== false ? data.skip : data.todo;
    const isSkipped = skipped !== undefined && skipped !== false;
    const error: unknown = event.type === 'test:fail' ? event.data.details.error : undefined;
    if (isFailureOfChildren(error)) continue;
    const line: TestLine = {
      name: data.name,
      outcome: isSkipped ? 'skipped' : event.type === 'test:pass' ? 'passed' : 'failed',
      file: data.file ?? '',
      line: data.line ?? 0,
      durationMs: Math.round(data.details.duration_ms),
      text: isSkipped ? (typeof skipped === 'string' ? skipped : '') : describe(error),
    };
    yield `${JSON.stringify(line)}\n`;
  }
}

function isFailureOfChildren(error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed';
}

function describe(error: unknown): string {
  if (error === undefined) return '';
  // Node wraps what the test threw.
  const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return thrown instanceof Error ? inspect(thrown, { depth: 4 }) : String(thrown);
}
