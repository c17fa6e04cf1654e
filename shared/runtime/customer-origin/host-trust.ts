import { X509Certificate } from "node:crypto";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Whose certificates are believed: the roots that come with Node, and one's own authorities beside them. Nothing here
 * or in what uses it can switch verification off. Beside private authorities, `NODE_EXTRA_CA_CERTS` does not count.
 *
 * @param privateAuthorities certificates of authorities in PEM, one after another
 * @throws Error where the text holds no certificate, or one that is no authority's: correct the setting
 */
export function hostTrust(privateAuthorities?: string): SecureContext {
  const minVersion = "TLSv1.2";
  if (privateAuthorities === undefined) return createSecureContext({ minVersion });
  const blocks = privateAuthorities.match(pemCertificate) ?? [];
  if (blocks.length === 0 || !blocks.every(isAuthority)) {
    throw new Error("The private certificate authority has to be one or more CA certificates in PEM.");
  }
  return createSecureContext({ minVersion, ca: [...rootCertificates, ...blocks] });
}

function isAuthority(block: string): boolean {
  try {
    return new X509Certificate(block).ca;
  } catch {
    return false;
  }
}
