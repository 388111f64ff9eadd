/** Which account a person of a provider has, and where people signed in before. A released step is never edited: a change is a new step at the end. */
export const signInMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE sign_in_identities (
      provider TEXT NOT NULL, subject TEXT NOT NULL, user_id TEXT NOT NULL, linked_at_ms INTEGER NOT NULL,
      PRIMARY KEY (provider, subject)) STRICT, WITHOUT ROWID`,
    'CREATE INDEX sign_in_identities_of_user ON sign_in_identities (user_id)',
  ],
  [
    `CREATE TABLE known_networks (
      login TEXT NOT NULL, network TEXT NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY (login, network)) STRICT, WITHOUT ROWID`,
  ],
];
