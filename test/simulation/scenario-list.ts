import { type ProviderKind, providerKinds } from "./provider-kinds.ts";
import type { Beginning, Scenario, Task } from "./scenarios.ts";

const scenario = (name: string, beginning: Beginning, ...tasks: readonly Task[]): Scenario => ({
  name,
  beginning,
  tasks,
  publishes: false,
});

/** What is searched exhaustively, with two workers each. */
export const scenarios: readonly Scenario[] = [
  scenario("two sweeps", "due", "sweep", "sweep"),
  scenario("two sweeps after a crash", "crashed", "sweep", "sweep"),
  scenario("on demand against sweep", "expired", "reader", "sweep"),
  scenario("a rejected token against sweep", "due", "rejecting reader", "sweep"),
  scenario("more life than is left, against sweep", "due", "demanding reader", "sweep"),
  scenario("revoke during refresh", "due", "sweep", "revoke"),
  scenario("revoke retried beside a re-authorization", "revoking", "sweep", "callback"),
  scenario("re-authorize during refresh", "due", "sweep", "callback"),
  { ...scenario("the same, every call of publishing", "due", "sweep", "callback"), publishes: true },
  scenario("callback twice", "unconnected", "callback", "same callback"),
  scenario("two authorizations", "connected", "callback", "callback"),
  scenario("import beside refresh", "due", "sweep", "import"),
  scenario("revoke beside an older invitation", "connected", "revoke", "callback"),
  scenario("import beside revoke", "connected", "import", "revoke"),
];

/** Scenarios in which it makes no difference what becomes of refresh tokens, or hardly any: they are searched where it does most. */
const alikeEverywhere: ReadonlySet<string> = new Set([
  "more life than is left, against sweep",
  "the same, every call of publishing",
  "callback twice",
  "two authorizations",
  "revoke beside an older invitation",
  "import beside revoke",
]);

/** What a short grace period loses it loses while nobody does anything else. */
const refreshesOnly: ReadonlySet<string> = new Set([
  "two sweeps",
  "two sweeps after a crash",
  "on demand against sweep",
]);

/** True where a scenario is worth searching at a kind of provider. */
export function isSearched(scenarioName: string, { name }: Pick<ProviderKind, "name">): boolean {
  if (name === "rotating, a grace period of 10 seconds") return refreshesOnly.has(scenarioName);
  if (!alikeEverywhere.has(scenarioName)) return true;
  return name === "non-rotating" || name === "single-use with family revocation";
}

/** Every pair that is searched exhaustively, in the order of the kinds. */
export const exhaustivePairs: readonly { readonly kind: string; readonly scenario: string }[] = providerKinds.flatMap(
  (kind) =>
    scenarios.filter(({ name }) => isSearched(name, kind)).map(({ name }) => ({ kind: kind.name, scenario: name })),
);
