import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/**
 * Returns a check for TLS connections: first the host name, as always, then the pin. It runs before any byte of a request is
 * sent.
 */
export function pinCertificate(sha256: string) {
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const mismatch = checkServerIdentity(host, certificate);
    if (mismatch) return mismatch;
    const found = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    if (found === sha256) return undefined;
    return Object.assign(new Error(`its fingerprint is ${found}; expected ${sha256}`), {
      code: 'ERR_TLS_CERT_FINGERPRINT',
    });
  };
}
