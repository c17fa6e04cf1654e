import { describe, expect, it } from "vitest";
import { type Connection, unwrittenConnection } from "../../../shared/broker/connection.ts";
import { publishedSecret, secretName } from "../../../shared/broker/published-secret.ts";
import type { TokenSet } from "../../../shared/oauth/token-set.ts";
import { acme, startedAt } from "../../support/broker-world.ts";

const connection: Connection = {
  ...unwrittenConnection(acme, "https://api.rd.services", 0),
  status: "active",
  generation: 12,
};
const tokens: TokenSet = {
  accessToken: "access",
  refreshToken: "refresh",
  previousRefreshToken: "previous",
  issuedAt: startedAt,
  expiresAt: startedAt + 86_400_000,
};

describe("the published secret", () => {
  it("is exactly what consumers were promised, in this order", () => {
    expect(JSON.stringify(publishedSecret(connection, tokens))).toBe(
      '{"access_token":"access","token_type":"Bearer","expires_at":"2026-11-22T18:00:00.000Z",' +
        '"issued_at":"2026-11-21T18:00:00.000Z","provider":"rd-station","account":"acme",' +
        '"origin":"https://api.rd.services","generation":12}',
    );
  });

  it.each(["revoking", "revoked"] as const)(
    "of a connection that is %s is a tombstone, whatever tokens there are",
    (status) => {
      const revoked: Connection = { ...connection, status, revokedAt: startedAt };
      const tombstone =
        '{"provider":"rd-station","account":"acme","generation":12,"revoked_at":"2026-11-21T18:00:00.000Z"}';
      expect(JSON.stringify(publishedSecret(revoked, tokens))).toBe(tombstone);
      expect(JSON.stringify(publishedSecret(revoked, undefined))).toBe(tombstone);
    },
  );

  it("is the same for the same record, whenever it is made", () => {
    const later: Connection = { ...connection, sequence: 99, updatedAt: startedAt + 1, label: "Acme" };
    expect(publishedSecret(later, tokens)).toEqual(publishedSecret(connection, tokens));
  });

  it("is nothing where there is no token set", () => {
    expect(publishedSecret(connection, undefined)).toBeUndefined();
  });

  it("has the prefix, provider and account for a name", () => {
    expect(secretName("chaveiro", connection)).toBe("chaveiro/rd-station/acme");
  });
});
