import type { Observed } from './token.ts';

/**
 * Returns a spelling of a name that is equal for names that look alike: in any case, Unicode form and white space, without
 * invisible characters.
 */
export function foldedName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Returns a warning about a new token whose name is nearly that of a live one. */
export function nearNameWarning(wanted: string, { id, name }: Observed): string {
  const ways = [
    ...(name.normalize('NFKC') !== wanted.normalize('NFKC') ? [] : ['Unicode form']),
    ...(withoutSpace(name) !== withoutSpace(wanted) ? [] : ['white space or invisible characters']),
    ...(lowered(name) === lowered(wanted) ? ['upper and lower case'] : []),
  ];
  const how = ways.length === 1 ? ways[0] : 'the way it is written';
  return `a live token has nearly the same name, ${quotedName(name)} (${id}), not ${quotedName(wanted)}: they differ in ${how}; a second token is created`;
}

/** Returns a name unchanged, or quoted and escaped if it holds invisible characters. */
export function quotedName(name: string): string {
  const isPlain =
    /^[\p{L}\p{N}\p{P}\p{S}]+( [\p{L}\p{N}\p{P}\p{S}]+)*$/u.test(name) && name === name.normalize('NFC');
  if (isPlain) return name;
  const escaped = JSON.stringify(name).replace(
    /[^\x20-\x7e]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return escaped;
}

function withoutSpace(name: string): string {
  return name.replace(/[\s\p{Cf}]/gu, '');
}

function lowered(name: string): string {
  return name.toLowerCase();
}
