/** Returns a certificate's fingerprint as 64 hex digits in lower case, or why the text isn't one. */
export function parseFingerprint(text: string): { readonly sha256: string } | { readonly refused: string } {
  const digits = text.replace(/[:\s]/g, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return { sha256: digits };
  if (/^[0-9a-f]{40}$/.test(digits)) {
    return {
      refused:
        'it is a SHA-1 fingerprint, which is no longer safe; get the SHA-256 with: openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256',
    };
  }
  return { refused: 'expected 64 hex digits (SHA-256 of the certificate), with or without colons' };
}
