import type { Scenario } from "./scenarios.ts";

/** What is searched exhaustively, with two workers each. */
export const scenarios: readonly Scenario[] = [
  { name: "two sweeps", beginning: "due", tasks: ["sweep", "sweep"] },
  { name: "on demand against sweep", beginning: "expired", tasks: ["reader", "sweep"] },
  { name: "a rejected token against sweep", beginning: "due", tasks: ["rejecting reader", "sweep"] },
  { name: "two sweeps after a crash", beginning: "crashed", tasks: ["sweep", "sweep"] },
  { name: "revoke during refresh", beginning: "due", tasks: ["sweep", "revoke"] },
  { name: "forced revoke during refresh", beginning: "due", tasks: ["sweep", "force revoke"] },
  { name: "revoke retried beside a re-authorization", beginning: "revoking", tasks: ["sweep", "callback"] },
  { name: "re-authorize during refresh", beginning: "due", tasks: ["sweep", "callback"] },
  { name: "revoke beside an older invitation", beginning: "connected", tasks: ["revoke", "callback"] },
  { name: "callback twice", beginning: "unconnected", tasks: ["callback", "same callback"] },
  { name: "import beside refresh", beginning: "due", tasks: ["sweep", "import"] },
  { name: "import beside revoke", beginning: "connected", tasks: ["import", "revoke"] },
];
