/** Which account a person of a provider has here. Writes are durable when they resolve. */
export interface IdentityStore {
  /** The account's id. */
  identity(provider: string, subject: string): Promise<string | undefined>;
  /** Takes the place of another account of this person. */
  saveIdentity(provider: string, subject: string, userId: string, atMs: number): Promise<void>;
}
