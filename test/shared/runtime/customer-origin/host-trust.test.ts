import { createRequire } from "node:module";
import { connect, createServer, type SecureContext, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { areCertificates, hostTrust } from "../../../../shared/runtime/customer-origin/host-trust.ts";
import { hostCertificate, hostKey, selfSigned, testAuthority } from "./tls-host.ts";

/* The tests' authority stands where Node's own roots do: nobody here has a certificate that one of those has signed. */
vi.mock(import("node:tls"), async (original) => {
  const tls = await original();
  const { testAuthority: root } = await import("./tls-host.ts");
  return { ...tls, rootCertificates: [root] };
});

const open: { readonly close: () => void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** Shakes hands with a host. @returns the protocol, or the code of what went wrong */
async function handshake(trust: SecureContext, host: TlsOptions, name = "acme.example.com"): Promise<string | null> {
  const server = createServer({ key: hostKey, ...host }).on("tlsClientError", () => {});
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It does not listen.");
  const socket = connect({ host: "127.0.0.1", port: address.port, servername: name, secureContext: trust });
  return await new Promise<string | null>((resolve) => {
    socket.once("secureConnect", () => resolve(socket.getProtocol()));
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  }).finally(() => socket.destroy());
}

describe("a host's certificate", () => {
  const signed = { cert: hostCertificate };
  const unsigned = { cert: selfSigned };

  it("is believed where one of Node's roots has signed it, beside certificates of one's own too", async () => {
    expect(await handshake(hostTrust(selfSigned), signed)).toBe("TLSv1.3");
  });

  it("is believed where it is itself among one's own, whoever signed it, and for its own name only", async () => {
    expect(await handshake(hostTrust(), unsigned)).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(await handshake(hostTrust(selfSigned), unsigned)).toBe("TLSv1.3");
    expect(await handshake(hostTrust(selfSigned), unsigned, "other.example.com")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is shown over TLS 1.2 or later, whatever the process is otherwise content with", async () => {
    const tls: typeof import("node:tls") = createRequire(import.meta.url)("node:tls");
    const ciphers = "DEFAULT@SECLEVEL=0";
    const usual = tls.DEFAULT_CIPHERS;
    tls.DEFAULT_CIPHERS = ciphers;
    const trusts = [hostTrust(testAuthority), hostTrust(selfSigned)];
    tls.DEFAULT_CIPHERS = usual;
    const old = { ...signed, ciphers, minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    const recent = { ...old, maxVersion: "TLSv1.2" } as const;
    for (const trust of trusts) {
      expect(await handshake(trust, old)).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
      expect(await handshake(trust, recent)).toBe("TLSv1.2");
    }
  });
});

describe("certificates of one's own", () => {
  it.each([
    ["one", testAuthority],
    ["two", `${testAuthority}\n${selfSigned}`],
    ["one with a text before it", `# Ours\n${testAuthority}`],
    ["a host's", selfSigned],
  ])("can be %s", (_, text) => {
    expect(areCertificates(text)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["a path", "/etc/ssl/ca.pem"],
    ["unreadable", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["one that is cut off", testAuthority.slice(0, -30)],
    ["a readable one and one that is cut off", `${testAuthority}\n${selfSigned.slice(0, -30)}`],
    ["a readable one and one that is not", `${testAuthority}\n${selfSigned.replace("MII", "MIM")}`],
    ["a key", hostKey],
    ["a certificate with its key", `${selfSigned}\n${hostKey}`],
  ])("cannot be %s", (_, text) => {
    expect(areCertificates(text)).toBe(false);
    expect(() => hostTrust(text)).toThrow("one or more certificates in PEM");
  });
});
