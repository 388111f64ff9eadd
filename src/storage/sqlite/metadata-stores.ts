import type { Stores } from '../../server/ports.ts';
import { SqlAuditStore } from './audit-store.ts';
import type { SqlDatabase } from './database.ts';
import { createIdentityStore } from './identity-store.ts';
import { createKnownNetworkStore } from './known-networks.ts';
import { createAccountStore } from './metadata-accounts.ts';
import { createAgentStore } from './metadata-agents.ts';
import { createEventStore } from './metadata-events.ts';
import { createGroupStore } from './metadata-groups.ts';
import { createHostStore } from './metadata-hosts.ts';
import { createKeyStore } from './metadata-keys.ts';
import { createMemberStore } from './metadata-members.ts';

/** The server's metadata in SQLite; the schema is in metadata-migrations.ts. */
export function createMetadataStores(database: SqlDatabase): Stores {
  return {
    accounts: createAccountStore(database),
    members: createMemberStore(database),
    groups: createGroupStore(database),
    keys: createKeyStore(database),
    hosts: createHostStore(database),
    agents: createAgentStore(database),
    events: createEventStore(database),
    audit: new SqlAuditStore(database),
    identities: createIdentityStore(database),
    networks: createKnownNetworkStore(database),
  };
}
