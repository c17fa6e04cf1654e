import { Stack, Token } from "aws-cdk-lib";
import { type Grant, type IPrincipal, UnknownPrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";

const noPolicies =
  "Nothing could be granted: this stack adds no policies to accounts, nor to roles of other accounts. Make a role here that they may assume.";

const noRole =
  "Nothing could be granted: it is not known which role this function has. Import it with its role, or grant to the role.";

const unknownAccount =
  "It is not known whether this role is of the stack's account, and with another one's the policy would be added to any role of that name here. Give the stack an env with its account.";

/**
 * CDK says that a grant has succeeded where a role is of another account, whose policies somebody else writes, and where it
 * does not know the role.
 *
 * @throws Error for those; make a role in the stack's account
 */
export function requireOwnPolicies(scope: Construct, principal: IPrincipal): void {
  if (principal instanceof UnknownPrincipal) throw new Error(noRole);
  const { principalAccount } = principal;
  const { account } = Stack.of(scope);
  if (principalAccount === undefined || Token.isUnresolved(principalAccount)) return;
  if (!Token.isUnresolved(account)) {
    if (principalAccount !== account) throw new Error(noPolicies);
  } else if (Construct.isConstruct(principal)) throw new Error(unknownAccount);
}

/**
 * CDK leaves it to the caller to find out that a grant has granted nothing.
 *
 * @throws Error where that is so
 */
export function successful(grant: Grant): Grant {
  if (grant.success) return grant;
  throw new Error(noPolicies);
}
