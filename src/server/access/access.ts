import { Refusals } from '../audit/refusals.ts';
import type { ServerContext } from '../context.ts';
import { Authenticator } from './authenticate.ts';
import { Challenges } from './challenges.ts';
import { GuessLimits } from './guess-limits.ts';
import { SecondFactors } from './second-factor.ts';
import { Sessions } from './sessions.ts';

/** What the routes of people work with; made once per server. */
export interface Access {
  readonly context: ServerContext;
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
  /** Failed proofs of who somebody is: passwords, codes. */
  readonly guesses: GuessLimits;
  readonly challenges: Challenges;
  readonly secondFactors: SecondFactors;
  /** Refused sign-ins, on their way into the audit log. */
  readonly refusals: Refusals;
}

export function createAccess(context: ServerContext): Access {
  const { clock, box, instance } = context;
  const { accounts, groups } = context.stores;
  const sessions = new Sessions({ accounts, groups, clock, instance });
  return {
    context,
    sessions,
    authenticator: new Authenticator(context, sessions),
    guesses: new GuessLimits(context.stores.networks, clock),
    challenges: new Challenges(clock),
    secondFactors: new SecondFactors({ accounts, box, clock }),
    refusals: new Refusals(context),
  };
}
