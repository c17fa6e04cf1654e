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
  scenario("revoke during refresh", "due", "sweep", "revoke"),
  scenario("revoke retried beside a re-authorization", "revoking", "sweep", "callback"),
  scenario("revoke beside an older invitation", "connected", "revoke", "callback"),
  scenario("re-authorize during refresh", "due", "sweep", "callback"),
  { ...scenario("the same, every call of publishing", "due", "sweep", "callback"), publishes: true },
  scenario("callback twice", "unconnected", "callback", "same callback"),
  scenario("import beside refresh", "due", "sweep", "import"),
  scenario("import beside revoke", "connected", "import", "revoke"),
];
