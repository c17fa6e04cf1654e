import { expect, it } from "vitest";
import { linkLife, linkLifeArgument } from "../../../cli/broker/connection-argument.ts";
import { authorizationLives } from "../../../shared/broker/authorization.ts";

it("a link is good for as long as the broker lets it be, and no other number of seconds is sent there", () => {
  const { least, most } = authorizationLives.ticketSeconds;
  expect(linkLife).toEqual({ least, most });
  expect([least, most].map((seconds) => linkLifeArgument(String(seconds)))).toEqual([least, most]);
  for (const seconds of [least - 1, most + 1, "1.5", "ten"])
    expect(() => linkLifeArgument(String(seconds)), `${seconds}`).toThrow(/It has to be/);
});
