import { describe, expect, it } from "vitest";
import type { Fetch } from "../../../../shared/oauth/http.ts";
import { itflex } from "../../../../shared/providers/itflex.ts";
import { rdStation } from "../../../../shared/providers/rd-station.ts";
import { rdStationCrm } from "../../../../shared/providers/rd-station-crm.ts";
import { originReader } from "../../../../shared/runtime/customer-origin/origin-port.ts";
import { providerFetch } from "../../../../shared/runtime/customer-origin/provider-fetch.ts";

const answering =
  (text: string): Fetch =>
  async () =>
    new Response(text);
const fetchFor = providerFetch(answering("usual"), answering("careful"));

describe("a request", () => {
  it.each([rdStation, rdStationCrm])("to $id goes the usual way", async (provider) => {
    expect(await (await fetchFor(provider)(`${provider.origin}/token`)).text()).toBe("usual");
  });

  it.each(["https://itflex.example.com", rdStation.origin])(
    "to a provider on its customers' hosts is sent with care, wherever that is: %s",
    async (origin) => {
      expect(await (await fetchFor(itflex)(`${origin}/api/v1/oauth2/token`)).text()).toBe("careful");
    },
  );
});

describe("an origin that is handed in", () => {
  it("is given back as it is stored", () => {
    expect(originReader({})("https://ITFLEX.example.com/")).toBe("https://itflex.example.com");
  });

  it("is refused in words that say what to do", () => {
    expect(() => originReader({})("https://itflex.example.com/api")).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: expect.stringContaining("Leave out everything after"),
      }),
    );
  });
});
