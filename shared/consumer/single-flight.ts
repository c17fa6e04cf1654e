import type { AccessToken } from "./access-token.ts";
import type { Want } from "./token-source.ts";

type Flight = { readonly want: Want; readonly isBackground: boolean; readonly result: Promise<AccessToken> };

/**
 * Runs one read per connection at a time. Whoever wants no more than the one under way will bring shares its result; others
 * wait for its end, and then look again.
 *
 * @param read gets the token, and keeps it
 * @param satisfies true where a token is what is wanted
 */
export function singleFlight(
  read: (connection: string, want: Want, isBackground: boolean) => Promise<AccessToken>,
  satisfies: (token: AccessToken, want: Want) => boolean,
) {
  const flights = new Map<string, Flight>();

  function start(connection: string, want: Want, isBackground: boolean): Flight {
    const result = read(connection, want, isBackground).finally(() => flights.delete(connection));
    const flight = { want, isBackground, result };
    flights.set(connection, flight);
    return flight;
  }

  return {
    async read(connection: string, want: Want): Promise<AccessToken> {
      for (;;) {
        const found = flights.get(connection);
        if (found === undefined) return start(connection, want, false).result;
        if (!found.isBackground && covers(found.want, want)) return found.result;
        // What was begun beside an invocation may have been frozen with it: its failure is nobody's answer.
        const token = await found.result.catch(() => undefined);
        if (token !== undefined && satisfies(token, want)) return token;
      }
    },
    /** Reads unless somebody does already. Nobody waits for it, and nobody is told of its failure. */
    readInBackground(connection: string, want: Want): void {
      if (!flights.has(connection)) start(connection, want, true).result.catch(() => undefined);
    },
  };
}

function covers(begun: Want, wanted: Want): boolean {
  if (wanted.rejected !== undefined && wanted.rejected !== begun.rejected) return false;
  const [least, wantedLeast] = [begun.minimumSeconds, wanted.minimumSeconds];
  return least === wantedLeast || (least ?? 0) >= (wantedLeast ?? 60);
}
