import { describe, expect, it } from "vitest";
import { readConfig } from "../../../shared/runtime/config.ts";
import { selfSigned, testAuthority } from "./customer-origin/tls-host.ts";

const env = {
  TABLE_NAME: "chaveiro",
  KEY_ID: "alias/chaveiro",
  EVENT_BUS_NAME: "default",
  PUBLIC_URL: "https://broker.example/",
};

describe("the configuration of a function", () => {
  it("has defaults for everything but the names of its resources", () => {
    expect(readConfig(env)).toEqual({
      tableName: "chaveiro",
      keyId: "alias/chaveiro",
      eventBusName: "default",
      publicUrl: "https://broker.example",
      prefix: "chaveiro",
      publish: new Set(["rd-station", "rd-station-crm"]),
      returnToOrigins: new Set(),
      installUrl: undefined,
      providers: {
        only: undefined,
        rdStation: { origin: undefined },
        rdStationCrm: { origin: undefined, authorizationPage: undefined },
        itflex: { tokenPath: undefined },
      },
      customerOrigins: { allowLoopback: false, allowedPorts: [] },
      privateAuthorities: undefined,
      metrics: true,
      logLevel: "INFO",
    });
  });

  it("reads lists, with spaces and trailing commas", () => {
    const config = readConfig({
      ...env,
      PUBLISH: " rd-station , ",
      RETURN_TO_ORIGINS: "https://app.example/, HTTPS://Other.example:443,",
    });
    expect(config.publish).toEqual(new Set(["rd-station"]));
    expect(config.returnToOrigins).toEqual(new Set(["https://app.example", "https://other.example"]));
  });

  it("publishes nothing where the list is empty", () => {
    expect(readConfig({ ...env, PUBLISH: "" }).publish).toEqual(new Set());
  });

  it("takes a provider's origin with a path, as the sandbox has one", () => {
    const { rdStation, rdStationCrm } = readConfig({
      ...env,
      RD_STATION_ORIGIN: "http://localhost:8790/rd-station/",
      RD_STATION_CRM_ORIGIN: "http://localhost:8790/rd-station-crm/",
    }).providers;
    expect(rdStation.origin).toBe("http://localhost:8790/rd-station");
    expect(rdStationCrm.origin).toBe("http://localhost:8790/rd-station-crm");
  });

  it("allows loopback origins where it is told to", () => {
    const allowed = (ALLOW_LOOPBACK_ORIGINS: string) =>
      readConfig({ ...env, ALLOW_LOOPBACK_ORIGINS }).customerOrigins.allowLoopback;
    expect(["true", "false", ""].map(allowed)).toEqual([true, false, false]);
  });

  it("reads what customers' hosts may be, as it is written", () => {
    const CUSTOMER_AUTHORITIES = `${testAuthority}\n${selfSigned}`;
    const config = readConfig({ ...env, CUSTOMER_PORTS: " 8443, 10443,", CUSTOMER_AUTHORITIES });
    expect(config.customerOrigins).toEqual({ allowLoopback: false, allowedPorts: [8443, 10_443] });
    expect(config.privateAuthorities).toBe(CUSTOMER_AUTHORITIES);
    expect(readConfig({ ...env, CUSTOMER_AUTHORITIES: "" }).privateAuthorities).toBeUndefined();
  });

  it("counts an empty URL as none", () => {
    const empty = { INSTALL_URL: "", RD_STATION_ORIGIN: "", RD_STATION_CRM_ORIGIN: "", ITFLEX_TOKEN_PATH: "" };
    expect(readConfig({ ...env, ...empty })).toMatchObject({
      installUrl: undefined,
      providers: {
        rdStation: { origin: undefined },
        rdStationCrm: { origin: undefined },
        itflex: { tokenPath: undefined },
      },
    });
  });

  it.each(["https://app.example/install?from=rd", "https://app.example/install/", "https://app.example/?back=/"])(
    "keeps the install URL as it was written: %s",
    (INSTALL_URL) => {
      expect(readConfig({ ...env, INSTALL_URL }).installUrl).toBe(INSTALL_URL);
    },
  );

  it.each([
    ["TABLE_NAME", undefined],
    ["TABLE_NAME", ""],
    ["KEY_ID", ""],
    ["EVENT_BUS_NAME", ""],
    ["PUBLIC_URL", undefined],
    ["PUBLIC_URL", "broker.example"],
    ["PUBLIC_URL", "javascript:alert(1)"],
    ["PUBLIC_URL", "file:///etc/passwd"],
    ["INSTALL_URL", "javascript:alert(1)"],
    ["RD_STATION_ORIGIN", "api.rd.services"],
    ["RD_STATION_CRM_ORIGIN", "api.rd.services"],
    ["RD_STATION_CRM_AUTHORIZATION_PAGE", "accounts.rdstation.com.br"],
    ["ITFLEX_TOKEN_PATH", "api/oauth2/token"],
    ["ITFLEX_TOKEN_PATH", "/api/oauth2/token?x=1"],
    ["ITFLEX_TOKEN_PATH", "@elsewhere.example/"],
    ["ALLOW_LOOPBACK_ORIGINS", "yes"],
    ["CUSTOMER_PORTS", "443,https"],
    ["CUSTOMER_PORTS", "70000"],
    ["CUSTOMER_AUTHORITIES", "/etc/ssl/ca.pem"],
    ["CUSTOMER_AUTHORITIES", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["CUSTOMER_AUTHORITIES", testAuthority.slice(0, -30)],
    ["PUBLISH", "rd-station,rd-station-crn"],
    ["PUBLISH", "iTFLEX"],
    ["PREFIX", "a b"],
    ["PREFIX", "a".repeat(65)],
    ["LOG_LEVEL", "LOUD"],
    ["RETURN_TO_ORIGINS", "app.example"],
    ["RETURN_TO_ORIGINS", "javascript:alert(1)"],
  ])("names %s where it is %j", (name, value) => {
    expect(() => readConfig({ ...env, [name]: value })).toThrow(name);
  });

  it("names every variable that is wrong, at once", () => {
    expect(() => readConfig({ PUBLIC_URL: "x", LOG_LEVEL: "LOUD" })).toThrow(
      /TABLE_NAME.*KEY_ID.*EVENT_BUS_NAME.*PUBLIC_URL.*LOG_LEVEL/,
    );
  });
});
