import { idOf, type Metadata } from "../broker/metadata.ts";
import { allConnections } from "../commands/list.ts";
import type { Session } from "../session.ts";
import type { Target } from "../target.ts";
import { counted } from "../terminal/counted.ts";
import { duration } from "../terminal/times.ts";
import type { Check, Finding } from "./finding.ts";

type Found = Omit<Finding, "check">;

/** A sweep comes every minute; what is due for longer than two was not looked at. In milliseconds. */
const longestDue = 2 * 60_000;

/** Are connections refreshed in time, and what speaks against it? */
export function connectionChecks(session: Session, { broker }: Target): readonly Check[] {
  let reading: Promise<readonly Metadata[]> | undefined;
  const connections = () => {
    reading ??= allConnections(broker, session);
    return reading;
  };
  return [
    {
      name: "oldest due",
      needs: "permissions",
      run: async () => [dueFinding(await connections(), session.clock.now())],
    },
    { name: "refreshes", needs: "permissions", run: async () => refreshFindings(await connections()) },
  ];
}

/** How far behind the sweep is. `now`: epoch milliseconds. */
export function dueFinding(connections: readonly Metadata[], now: number): Found {
  const due = connections
    .flatMap(({ refresh_at, ...rest }) =>
      refresh_at === null ? [] : [{ id: idOf(rest), late: now - Date.parse(refresh_at) }],
    )
    .filter(({ late }) => late > 0)
    .sort((left, right) => right.late - left.late);
  const [oldest] = due;
  if (oldest === undefined) return { verdict: "ok", found: "nothing is due" };
  const found = `${due.length} due, the oldest, ${oldest.id}, for ${duration(oldest.late)}`;
  if (oldest.late <= longestDue) return { verdict: "ok", found };
  const advice = "Look whether the schedule runs the refresh function, at its log, and for a breaker that is open.";
  return { verdict: "problem", found, advice };
}

/** What connections say of their last refresh. */
export function refreshFindings(connections: readonly Metadata[]): readonly Found[] {
  const findings: Found[] = [];
  const tell = (wanted: (connection: Metadata) => boolean, verdict: Found["verdict"], what: string, advice: string) => {
    const [first, ...rest] = connections.filter(wanted);
    if (first === undefined) return;
    const others = rest.length === 0 ? "" : ` and ${rest.length} more`;
    findings.push({ verdict, found: `${what}: ${idOf(first)}${others}`, advice });
  };
  // Behind an open breaker a connection keeps its status.
  const failed =
    (code: string) =>
    ({ status, last_refresh }: Metadata) =>
      (status === "active" || status === "degraded") && last_refresh.code === code;
  tell(
    failed("client_credentials_rejected"),
    "problem",
    "the provider refuses our client credentials",
    "Store those that are registered there: chaveiro client set {provider}",
  );
  tell(
    failed("provider_unavailable"),
    "warning",
    "the provider did not answer the last refresh as it should",
    "The broker goes on trying. Look at the provider's status page where it lasts.",
  );
  tell(
    ({ status }) => status === "reauthorization_required",
    "warning",
    "the owner has to authorize again",
    "chaveiro list --status reauthorization_required, and chaveiro connect for each.",
  );
  tell(
    ({ status }) => status === "revoking",
    "warning",
    "revoked here, and the provider has not answered yet",
    "The broker goes on trying; chaveiro revoke --force does not wait.",
  );
  const alive = connections.filter(({ status }) => status === "active").length;
  return findings.length > 0
    ? findings
    : [
        {
          verdict: "ok",
          found: `${alive} active of ${counted(connections.length, "connection")}, and no last refresh failed`,
        },
      ];
}
