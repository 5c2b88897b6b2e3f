import type { ErrorCode } from '../core/model/errors.ts';
import { fromEnvironment, parseReferences } from './references.ts';
import type { Path } from './yaml/path.ts';

/** A reference that can't be resolved. */
export interface VariableProblem {
  readonly path: Path;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** Fields whose references are resolved later, when the connection is opened: they may hold credentials. */
const later = new Set(['username', 'password', 'token', 'certificate_fingerprint']);

/**
 * Maximum length of a text whose references are replaced, and of the result, in characters. No field may be longer.
 */
const maxText = 32_768;

/**
 * Replaces `${env:RECONCILE_VAR_…}` in all texts but the connection's. Manifests come in pull requests, so nothing
 * else of the environment may end up in a name, a path or a plan.
 */
export function resolveVariables(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { value: unknown; problems: readonly VariableProblem[] } {
  const problems: VariableProblem[] = [];
  const resolve = (part: unknown, path: Path): unknown => {
    if (Array.isArray(part)) {
      return part.map((item, index) => (hasReference(item) ? resolve(item, [...path, index]) : item));
    }
    if (typeof part === 'object' && part !== null) {
      return Object.fromEntries(
        Object.entries(part).map(([key, member]) => [key, resolve(member, [...path, key])]),
      );
    }
    if (typeof part !== 'string' || part.length > maxText || !part.includes('${')) return part;
    const deferred = isConnectionField(path);
    const parts = parseReferences(part);
    if ('malformed' in parts) {
      problems.push({
        path,
        code: 'MANIFEST_INVALID',
        message: deferred ? 'a reference is malformed' : `${parts.malformed} is not a valid reference`,
        hint: 'use ${env:NAME}, ${env:NAME:-default} or ${file:path}; $${ is a literal ${',
      });
      return part;
    }
    if (deferred) return part;
    const resolved = parts.map((piece) => {
      if (piece.source === 'text') return piece.text;
      if (piece.source === 'file' || !piece.name.startsWith('RECONCILE_VAR_')) {
        problems.push({
          path,
          code: 'MANIFEST_INVALID',
          message: `only \${env:RECONCILE_VAR_…} is allowed in ${String(path.at(-1))}`,
          hint: 'other references are for username, password, token and certificate_fingerprint',
        });
        return '';
      }
      const found = fromEnvironment(piece, env);
      if (found === undefined) {
        problems.push({
          path,
          code: 'REFERENCE_MISSING',
          message: `the environment variable ${piece.name} is not set`,
          hint: `set it, or add a default: \${env:${piece.name}:-default}`,
        });
      }
      return found ?? '';
    });
    const length = resolved.reduce((sum, piece) => sum + piece.length, 0);
    if (length <= maxText) return resolved.join('');
    problems.push({
      path,
      code: 'MANIFEST_INVALID',
      message: `its variables expand to more than ${maxText} characters`,
      hint: 'use fewer variables, or shorter ones',
    });
    return part;
  };
  return { value: hasReference(value) ? resolve(value, []) : value, problems };
}

/** Tells whether a value has a reference anywhere. Most have none, and aren't copied. */
function hasReference(part: unknown): boolean {
  if (typeof part === 'string') return part.includes('${');
  if (Array.isArray(part)) return part.some(hasReference);
  return typeof part === 'object' && part !== null && Object.values(part).some(hasReference);
}

function isConnectionField(path: Path): boolean {
  const [first, second, field] = path;
  const inEntry = (first === 'tokens' && typeof second === 'number') || first === 'defaults';
  return inEntry && path.length === 3 && later.has(String(field));
}
