import { describe, expect, it } from "vitest";
import { readSettings } from "../../../infra/local/settings.ts";
import { testAuthority } from "../../shared/runtime/customer-origin/tls-host.ts";

describe("the settings of npm start", () => {
  it("have the defaults that are documented", () => {
    expect(readSettings({})).toEqual({
      PORT: 8788,
      AWS_PORT: 8789,
      SANDBOX_PORT: 8790,
      PUBLISH: "rd-station,rd-station-crm",
      PREFIX: "chaveiro",
      RETURN_TO_ORIGINS: "",
      INSTALL_URL: "",
      ALLOW_LOOPBACK_ORIGINS: "true",
      CUSTOMER_PORTS: "",
      SWEEP_SECONDS: 5,
      SANDBOX_TOKEN_SECONDS: 60,
      DATA_DIR: ".local",
      LOG_LEVEL: "INFO",
    });
  });

  it("have their defaults also where a variable is empty or blank", () => {
    expect(readSettings({ PORT: "", SWEEP_SECONDS: " ", LOG_LEVEL: "", DATA_DIR: "" })).toEqual(readSettings({}));
  });

  it.each([
    ["PORT", "0", 0],
    ["PORT", "65535", 65_535],
    ["SWEEP_SECONDS", "0.5", 0.5],
    ["SANDBOX_TOKEN_SECONDS", "86400", 86_400],
    ["LOG_LEVEL", "DEBUG", "DEBUG"],
    ["DATA_DIR", "/somewhere/else", "/somewhere/else"],
    ["PUBLIC_URL", "https://tunnel.example", "https://tunnel.example"],
    ["RD_STATION_CRM_ORIGIN", "https://crm.example", "https://crm.example"],
    ["PUBLISH", "itflex, rd-station", "itflex, rd-station"],
    ["PUBLISH", "", ""],
    ["CUSTOMER_AUTHORITIES", testAuthority, testAuthority],
    ["RD_STATION_CRM_CLIENT_ID", "id", "id"],
    ["RD_STATION_CRM_CLIENT_SECRET", "secret", "secret"],
  ])("take %s=%s", (name, text, value) => {
    expect(readSettings({ [name]: text })).toHaveProperty(name, value);
  });

  it.each([
    ["PORT", ["banana", "-1", "65536", "1.5", "0x50", "80 ", "1e3", "999999"]],
    ["AWS_PORT", ["banana", "65536"]],
    ["SANDBOX_PORT", ["banana", "65536"]],
    ["SWEEP_SECONDS", ["0", "-1", "soon", "86401", "1e3", "Infinity", "NaN", "5s", "."]],
    ["SANDBOX_TOKEN_SECONDS", ["0", "-1", "soon", "86401"]],
    ["LOG_LEVEL", ["LOUD", "info"]],
    ["PUBLIC_URL", ["broker.example", "javascript:alert(1)", "ftp://broker.example"]],
    ["INSTALL_URL", ["app.example", "javascript:alert(1)"]],
    ["RD_STATION_ORIGIN", ["api.rd.services", "file:///etc"]],
    ["RD_STATION_CRM_ORIGIN", ["api.rd.services", "file:///etc"]],
    ["ITFLEX_TOKEN_PATH", ["api/oauth2/token", "/token?x"]],
    ["ALLOW_LOOPBACK_ORIGINS", ["yes", "1"]],
    ["CUSTOMER_PORTS", ["443,https", "70000"]],
    ["CUSTOMER_AUTHORITIES", ["/etc/ssl/ca.pem", testAuthority.slice(0, -30)]],
    ["PUBLISH", ["rd-station,rd-station-crn", "all"]],
    ["PREFIX", ["a b", "é", "a".repeat(65)]],
    ["RETURN_TO_ORIGINS", ["app.example", "javascript:alert(1)"]],
  ])("name %s where it is malformed", (name, values) => {
    for (const value of values) expect(() => readSettings({ [name]: value }), `${name}=${value}`).toThrow(name);
  });

  it("name all that are malformed at once", () => {
    expect(() => readSettings({ PORT: "x", LOG_LEVEL: "LOUD", SWEEP_SECONDS: "0" })).toThrow(
      /^These settings cannot be used: PORT has to be .*; SWEEP_SECONDS has to be .*; LOG_LEVEL has to be .*\.$/,
    );
  });
});
