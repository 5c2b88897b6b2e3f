/** Stores in a PNG image what it was made from, as a text chunk: https://www.w3.org/TR/png-3/#11tEXt. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const signatureLength = 8;
/** Length of a chunk without its data: length, type and checksum. */
const frameLength = 12;
const keyword = 'Source\0';

/** Returns the text that stands for the source of an image: its digest. */
export function digestOf(source) {
  return `sha256:${createHash('sha256').update(source).digest('hex')}`;
}

/** Returns an image with the digest of its source, right after the header. */
export function withSource(png, digest) {
  const end = signatureLength + frameLength + png.readUInt32BE(signatureLength);
  return Buffer.concat([png.subarray(0, end), textChunk(digest), png.subarray(end)]);
}

/** Returns the digest of the source of an image; `undefined` if it has none. */
export function sourceOf(png) {
  for (let at = signatureLength; at + frameLength <= png.length; ) {
    const length = png.readUInt32BE(at);
    const [type, data] = [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    if (type === 'tEXt' && data.toString('latin1').startsWith(keyword)) {
      return data.toString('latin1', keyword.length);
    }
    at += frameLength + length;
  }
  return undefined;
}

function textChunk(text) {
  const content = Buffer.from(`tEXt${keyword}${text}`, 'latin1');
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length - 4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
