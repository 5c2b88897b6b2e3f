/** A piece of a text that may hold references, by the source of its value. */
export type Part =
  | { readonly source: 'text'; readonly text: string }
  | { readonly source: 'env'; readonly name: string; readonly fallback?: string }
  | { readonly source: 'file'; readonly path: string };

const reference = /\$\$\{|\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?|file:([^}]+))\}|\$\{[^}]*\}?/g;

/**
 * Splits a text at its references: `${env:NAME}`, `${env:NAME:-default}`, `${file:path}`. `$${` is a literal `${`.
 * Returns the malformed text if something that begins with `${` is none of these.
 */
export function parseReferences(text: string): readonly Part[] | { readonly malformed: string } {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(reference)) {
    if (match.index > end) parts.push({ source: 'text', text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    const [whole, name, fallback, path] = match;
    if (whole === '$${') parts.push({ source: 'text', text: '${' });
    else if (name !== undefined)
      parts.push({ source: 'env', name, ...(fallback !== undefined && { fallback }) });
    else if (path !== undefined) parts.push({ source: 'file', path });
    else return { malformed: whole };
  }
  if (end < text.length || parts.length === 0) parts.push({ source: 'text', text: text.slice(end) });
  return parts;
}

/** Escapes a text so that it is read literally. */
export function escapeReferences(text: string): string {
  return text.replaceAll('${', () => '$${');
}

/** Keeps the references of a text, and replaces everything else with `*`, defaults too: it may be a secret. */
export function referencesIn(text: string): string {
  const parts = parseReferences(text);
  if ('malformed' in parts) return '*';
  return parts
    .map((part) => {
      if (part.source === 'text') return '*';
      if (part.source === 'file') return `\${file:${part.path}}`;
      return `\${env:${part.name}${part.fallback === undefined ? '' : ':-*'}}`;
    })
    .join('');
}

/** Tells whether a text holds no reference. */
export function isLiteral(text: string): boolean {
  const parts = parseReferences(text);
  return Array.isArray(parts) && parts.every((part) => part.source === 'text');
}

/**
 * Returns the value of a part from the environment. An empty value counts as missing if there is a default, as in a
 * shell.
 */
export function fromEnvironment(
  part: Part & { source: 'env' },
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const value = env[part.name];
  return part.fallback === undefined ? value : value || part.fallback;
}
