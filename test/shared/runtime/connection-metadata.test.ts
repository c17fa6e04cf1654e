import { describe, expect, it } from "vitest";
import { type Connection, unwrittenConnection } from "../../../shared/broker/connection.ts";
import { connectionMetadata, isoTime } from "../../../shared/runtime/connection-metadata.ts";

const describeMetadata = (connection: Connection, publish = new Set(["rd-station"])) =>
  connectionMetadata(connection, publish);

const at = Date.parse("2026-11-21T18:00:00.000Z");
const bare = unwrittenConnection("rd-station/acme", "https://api.rd.services", at);

const full: Connection = {
  ...bare,
  status: "active",
  generation: 12,
  sequence: 40,
  label: "Acme Ltda",
  secretName: "chaveiro/rd-station/acme",
  tokens: { jwe: "the-secret", dataKey: "the-secret" },
  issuedAt: at,
  expiresAt: at + 86_400_000,
  refreshAt: at + 70_000_000,
  committedBy: "the-attempt",
  lastRefresh: { at, outcome: "succeeded", code: null },
  updatedAt: at + 1,
};

describe("a connection's metadata", () => {
  it("has these members and no others", () => {
    expect(describeMetadata(full)).toEqual({
      provider: "rd-station",
      account: "acme",
      label: "Acme Ltda",
      status: "active",
      reason: null,
      origin: "https://api.rd.services",
      generation: 12,
      expires_at: "2026-11-22T18:00:00.000Z",
      refresh_at: "2026-11-22T13:26:40.000Z",
      last_refresh: { at: "2026-11-21T18:00:00.000Z", outcome: "succeeded", code: null },
      created_at: "2026-11-21T18:00:00.000Z",
      updated_at: "2026-11-21T18:00:00.001Z",
      secret_name: "chaveiro/rd-station/acme",
    });
  });

  it("is null where nothing is known, and never undefined", () => {
    const metadata = describeMetadata({ ...bare, status: "reauthorization_required", reason: "lost_rotation" });
    expect(metadata).toMatchObject({
      label: null,
      reason: "lost_rotation",
      expires_at: null,
      refresh_at: null,
      last_refresh: { at: null, outcome: null, code: null },
      secret_name: null,
    });
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });

  it("tells what a failed refresh came to", () => {
    const lastRefresh = { at, outcome: "failed", code: "provider_unavailable" } as const;
    expect(describeMetadata({ ...full, status: "degraded", lastRefresh }).last_refresh).toEqual({
      at: "2026-11-21T18:00:00.000Z",
      outcome: "failed",
      code: "provider_unavailable",
    });
  });

  it("tells the end of a backoff as the next refresh, where that is later", () => {
    const retry = { at: at + 80_000_000, code: "provider_unavailable" } as const;
    expect(describeMetadata({ ...full, retry }).refresh_at).toBe("2026-11-22T16:13:20.000Z");
    expect(describeMetadata({ ...full, retry: { ...retry, at } }).refresh_at).toBe("2026-11-22T13:26:40.000Z");
  });

  it.each(["reauthorization_required", "revoking", "revoked"] as const)("has no next refresh while %s", (status) => {
    expect(describeMetadata({ ...full, status }).refresh_at).toBeNull();
  });
});

describe("a connection whose provider is not published any more", () => {
  it("names no secret, for nobody writes it", () => {
    expect(describeMetadata(full, new Set()).secret_name).toBeNull();
  });
});

describe("a time", () => {
  it.each([
    [null, null],
    [0, "1970-01-01T00:00:00.000Z"],
    [at + 7, "2026-11-21T18:00:00.007Z"],
  ])("%j is %j", (milliseconds, text) => {
    expect(isoTime(milliseconds)).toBe(text);
  });
});
