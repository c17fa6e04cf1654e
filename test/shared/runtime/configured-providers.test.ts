import { expect, it } from "vitest";
import { itflex } from "../../../shared/providers/itflex.ts";
import type { Provider } from "../../../shared/providers/provider.ts";
import { rdStation } from "../../../shared/providers/rd-station.ts";
import { rdStationCrm } from "../../../shared/providers/rd-station-crm.ts";
import { readConfig } from "../../../shared/runtime/config.ts";
import { configuredProviders, providerIds } from "../../../shared/runtime/configured-providers.ts";

const env = { TABLE_NAME: "chaveiro", KEY_ID: "key", EVENT_BUS_NAME: "default", PUBLIC_URL: "https://broker.example" };
const client = { clientId: "c", clientSecret: "s" };

const providersOf = (settings: Readonly<Record<string, string>>) => {
  const providers = configuredProviders(readConfig({ ...env, ...settings }).providers);
  return (id: string): Provider => providers.get(id) ?? expect.fail(`There is no ${id}.`);
};
const pageOf = (provider: Provider) =>
  provider
    .authorizationUrl?.({
      origin: provider.origin ?? "",
      clientId: "c",
      redirectUri: "https://a.example",
      state: "s",
      codeChallenge: "x",
    })
    .split("?")[0];

it("knows three providers, each where its documentation says", () => {
  const providers = configuredProviders(readConfig(env).providers);
  expect([...providers.keys()]).toEqual([rdStation.id, rdStationCrm.id, itflex.id]);
  expect(providerIds).toEqual([...providers.keys()]);
  expect([...providers.values()].map(({ origin }) => origin)).toEqual([
    "https://api.rd.services",
    "https://api.rd.services",
    undefined,
  ]);
});

it("knows only those that are named, where some are", () => {
  const providers = configuredProviders(readConfig({ ...env, PROVIDERS: "itflex, rd-station" }).providers);
  expect([...providers.keys()]).toEqual(["rd-station", "itflex"]);
});

it("finds RD Station's products elsewhere, each by its own setting", () => {
  const provider = providersOf({ RD_STATION_CRM_ORIGIN: "http://localhost:8790/rd-station-crm/" });
  expect(provider("rd-station").origin).toBe("https://api.rd.services");
  expect(provider("rd-station-crm").origin).toBe("http://localhost:8790/rd-station-crm");
  expect(pageOf(provider("rd-station-crm"))).toBe("http://localhost:8790/rd-station-crm/oauth/authorize");
});

it("sends to another authorization page of RD Station CRM", () => {
  const RD_STATION_CRM_AUTHORIZATION_PAGE = "https://accounts.rdstation.com.br/oauth/authorize";
  expect(pageOf(providersOf({ RD_STATION_CRM_AUTHORIZATION_PAGE })("rd-station-crm"))).toBe(
    RD_STATION_CRM_AUTHORIZATION_PAGE,
  );
});

it("redeems at another path of iTFLEX", () => {
  const request = { origin: "https://itflex.example.com", client, refreshToken: "r" };
  const urlWith = (settings: Readonly<Record<string, string>>) =>
    providersOf(settings)("itflex").refreshRequest(request).url;
  expect(urlWith({})).toBe("https://itflex.example.com/api/v1/oauth2/token");
  expect(urlWith({ ITFLEX_TOKEN_PATH: "/api/oauth2/token" })).toBe("https://itflex.example.com/api/oauth2/token");
});
