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

/** Node takes a reporter as a default export. Suites, and tests that failed only because one inside them did, do not count. */
export default async function* lineReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line =
      event.type === 'test:pass' ? passLine(event.data) : event.type === 'test:fail' ? failLine(event.data) : undefined;
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

type Pass = Extract<TestEvent, { type: 'test:pass' }>['data'];
type Fail = Extract<TestEvent, { type: 'test:fail' }>['data'];

function passLine(data: Pass): TestLine | undefined {
  if (data.details.type === 'suite') return undefined;
  return skipLine(data) ?? { ...common(data), outcome: 'passed', text: '' };
}

function failLine(data: Fail): TestLine | undefined {
  const { error } = data.details;
  if (isFailureOfChildren(error)) return undefined;
  return skipLine(data) ?? { ...common(data), outcome: 'failed', text: describe(error) };
}

function skipLine(data: Pass | Fail): TestLine | undefined {
  const reason = data.skip || data.todo;
  if (reason === undefined || reason === false) return undefined;
  return { ...common(data), outcome: 'skipped', text: reason === true ? '' : reason };
}

function common({ name, file, line, details }: Pass | Fail): Pick<TestLine, 'name' | 'file' | 'line' | 'durationMs'> {
  return { name, file: file ?? '', line: line ?? 0, durationMs: Math.round(details.duration_ms) };
}

function isFailureOfChildren(error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed';
}

function describe(error: unknown): string {
  // Node wraps what the test threw.
  const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return thrown instanceof Error ? inspect(thrown, { depth: 4 }) : inspect(thrown);
}
