import type * as Ldapts from 'ldapts';
import type { Client, Entry } from 'ldapts';
import type { RoleMapping } from '../../wire/api/sign-in.ts';

/** LDAP_MATCHING_RULE_IN_CHAIN of [MS-ADTS] 3.1.1.3.4.4.3: walks a chain of groups to its end. */
const inChain = '1.2.840.113556.1.4.1941';
/** Searches at each sign-in at most: the settings refuse more. */
export const nestedGroupsAtMost = 50;

/** The groups of a directory that the mapping names by DN: only of those can be asked whether somebody is in them by a chain. */
export function mappedGroupDns(mapping: readonly RoleMapping[]): readonly string[] {
  const dns = mapping.filter(({ provider, value }) => provider === 'ldap' && /^\w[\w.-]*=.+,/.test(value));
  return [...new Map(dns.map(({ value }) => [value.toLowerCase(), value])).values()];
}

interface Chain {
  /** `memberOf`. */
  readonly attribute: string;
  readonly groupDns: readonly string[];
}

/**
 * Of these groups, those that the person is in through others. One search for each, of the person's entry alone: the directory walks
 * up from one entry, while one search for groups by their members would look at every group that it has.
 */
export async function groupsByChain(
  { ExtensibleFilter }: Pick<typeof Ldapts, 'ExtensibleFilter'>,
  client: Client,
  { dn }: Entry,
  { attribute, groupDns }: Chain,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const group of groupDns.slice(0, nestedGroupsAtMost)) {
    const filter = new ExtensibleFilter({ rule: inChain, matchType: attribute, value: group });
    const { searchEntries } = await client.search(dn, { scope: 'base', filter, attributes: ['1.1'], sizeLimit: 1 });
    if (searchEntries.length > 0) found.push(group);
  }
  return found;
}
