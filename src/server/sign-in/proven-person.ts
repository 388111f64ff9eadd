/** Whom a provider or a directory has proved. */
export interface ProvenPerson {
  readonly provider: 'oidc' | 'ldap';
  /** Never changes and is never given to somebody else, unlike an e-mail address. */
  readonly subject: string;
  /** In lower case. */
  readonly email: string;
  readonly name: string;
  /** What the mapping of roles looks at. */
  readonly values: readonly string[];
}
