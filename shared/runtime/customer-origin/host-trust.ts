import { X509Certificate } from "node:crypto";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Whose certificates are believed: the roots that come with Node, and beside them certificates of one's own, each by itself:
 * of an authority, of one below another, or of a single host that no authority signed. Nothing here or in what uses it can
 * switch verification off, and a host's own certificate is good for the names in it only. Beside certificates of one's own,
 * `NODE_EXTRA_CA_CERTS` does not count.
 *
 * @param own certificates in PEM, one after another, that `areCertificates`
 * @throws Error where they are not: correct the setting
 */
export function hostTrust(own?: string): SecureContext {
  const minVersion = "TLSv1.2";
  if (own === undefined) return createSecureContext({ minVersion });
  if (!areCertificates(own)) throw new Error("What is to be believed has to be one or more certificates in PEM.");
  return createSecureContext({
    minVersion,
    ca: [...rootCertificates, ...blocksOf(own)],
    allowPartialTrustChain: true,
  });
}

/** Whether a text holds one or more certificates in PEM, each of which can be read. What stands between them does not count. */
export function areCertificates(text: string): boolean {
  const begun = text.split("-----BEGIN").length - 1;
  const blocks = blocksOf(text);
  return blocks.length > 0 && blocks.length === begun && blocks.every(isReadable);
}

function blocksOf(text: string): readonly string[] {
  return text.match(pemCertificate) ?? [];
}

function isReadable(block: string): boolean {
  try {
    new X509Certificate(block);
    return true;
  } catch {
    return false;
  }
}
