import { describe, expect, it } from "vitest";
import { connectionId, splitConnectionId } from "../../../shared/broker/connection-id.ts";
import { BrokerError } from "../../../shared/broker/error.ts";

describe("a connection's id", () => {
  it.each([
    ["rd-station", "acme"],
    ["itflex", "7"],
    ["rd-station-crm", `A${"._-".repeat(21)}`],
    ["x", "acme..prod"],
  ])("joins %s and %s, and comes apart again", (provider, account) => {
    const id = connectionId(provider, account);
    expect(id).toBe(`${provider}/${account}`);
    expect(splitConnectionId(id)).toEqual({ provider, account });
  });

  it.each([
    "",
    "Rd-station",
    "rd_station",
    "-rd",
    "7rd",
    "rd/station",
    "rd station",
    "rd-station\n",
    `r${"d".repeat(32)}`,
  ])("is refused for the provider %j", (provider) => {
    expect(() => connectionId(provider, "acme")).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  it.each(["", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "ação", "a%2Fb", "a#b", "a".repeat(65)])(
    "is refused for the account %j",
    (account) => {
      expect(() => connectionId("rd-station", account)).toThrow(BrokerError);
    },
  );
});
