import { type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';

/** The period in which a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Creates a self-signed X.509 certificate of an RSA key, as DER. Node itself can only read certificates. */
export function selfSignedCertificate(
  { privateKey, publicKey }: KeyPairKeyObjectResult,
  name: string,
  validity: Validity,
): Buffer {
  const subject = sequence(set(sequence(oid.commonName, tagged(0x0c, Buffer.from(name)))));
  // Without extensions, the version is the first one, which the encoding leaves out.
  const content = sequence(
    serialNumber(),
    oid.sha256WithRsa,
    subject,
    sequence(time(validity.from), time(validity.until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  return sequence(content, oid.sha256WithRsa, bitString(sign('sha256', content, privateKey)));
}

/** Returns a certificate or a key as PEM. */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const oid = {
  /** 2.5.4.3 */
  commonName: Buffer.from('0603550403', 'hex'),
  /** 1.2.840.113549.1.1.11 */
  sha256WithRsa: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
};

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 + bytes.length]), bytes]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

function bitString(bits: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bits]));
}

/** Returns a random positive number. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return tagged(0x02, bytes);
}

/** Returns a time, which has two digits for the year up to 2049. */
function time(milliseconds: number): Buffer {
  const text = `${new Date(milliseconds).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return new Date(milliseconds).getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(text.slice(2)))
    : tagged(0x18, Buffer.from(text));
}
