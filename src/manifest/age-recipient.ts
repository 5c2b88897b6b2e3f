/**
 * Returns why a text is not an age recipient; `undefined` if it is one. The reason doesn't quote the text, which may
 * be a private key by mistake. Only the form is checked here, as the library that encrypts takes long to load.
 */
export function recipientProblem(text: string): { message: string; hint: string } | undefined {
  if (/^\s*AGE-SECRET-KEY-/i.test(text)) {
    return {
      message: 'this is an age private key, not a recipient',
      hint: 'write the output of age-keygen -y for it (age1…), and create a new key: this one may be in Git',
    };
  }
  if (!isRecipient(text)) {
    return {
      message: 'this is not an age recipient',
      hint: 'use the output of age-keygen -y (age1…); plugins and SSH keys are not supported',
    };
  }
  return undefined;
}

/** Tells whether a text is a native recipient of age: X25519, or the post-quantum hybrid. */
function isRecipient(text: string): boolean {
  return [/^age1[02-9ac-hj-np-z]{58}$/, /^age1pq1[02-9ac-hj-np-z]{1952}$/].some(
    (pattern) => pattern.test(text) && hasChecksum(text),
  );
}

/** Tells whether the checksum at the end of a Bech32 text is valid (BIP 173). It catches typing errors. */
function hasChecksum(text: string): boolean {
  const split = text.lastIndexOf('1');
  const prefix = [...text.slice(0, split)].map((sign) => sign.charCodeAt(0));
  const data = [...text.slice(split + 1)].map((sign) => signs.indexOf(sign));
  const values = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data];
  let sum = 1;
  for (const value of values) {
    const top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if ((top >> bit) & 1) sum ^= term;
  }
  return sum === 1;
}

const signs = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
