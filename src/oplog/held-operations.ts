/** Operations of an open transaction that wait for its end. */
export interface HeldOperations {
  readonly length: number;
  read(): Buffer;
  /** They are not needed any more. */
  release(): void;
}

/** Keeps a copy of operations, wherever there is room. */
export type HoldOperations = (operations: Buffer) => HeldOperations;

/** In memory. */
export function holdInMemory(operations: Buffer): HeldOperations {
  const copy = Buffer.from(operations);
  return { length: copy.length, read: () => copy, release() {} };
}
