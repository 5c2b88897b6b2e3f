import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConnectionSpec } from '../core/model/desired.ts';
import { ReconcileError, type SourceLocation } from '../core/model/errors.ts';
import { isWithin } from '../core/util/paths.ts';
import { fromEnvironment, parseReferences } from '../manifest/references.ts';
import { tokenKinds } from '../providers/registry.ts';
import type { Environment } from '../system/find-program.ts';
import { readBoundedFile } from '../system/read-file.ts';

/** A resolved part of a field's value. */
export interface Dereferenced {
  readonly text: string;
  /** True if it came from a file, or from a variable that can hold anything. */
  readonly isHidden: boolean;
}

/** Variables that hold the name of an account, or a fingerprint, and no secret. */
const openVariables: ReadonlySet<string> = new Set(
  tokenKinds.flatMap(({ service: { variables } }) => [
    variables.certificateFingerprint,
    ...variables.logins.map(({ username }) => username),
  ]),
);

function isOpen(name: string): boolean {
  return openVariables.has(name) || name.startsWith('RECONCILE_VAR_');
}

/**
 * Returns the value of a field, split at its references. Throws `REFERENCE_MISSING` if a variable is not set, or if a file can't be
 * read or is outside of the folders that the manifest may read.
 *
 * @param field the name of the field, for messages
 */
export async function dereference(
  text: string,
  field: string,
  spec: ConnectionSpec,
  env: Environment,
): Promise<readonly Dereferenced[]> {
  const parts = parseReferences(text);
  if ('malformed' in parts) throw new TypeError('a malformed reference passed the manifest checks');
  const missing = (message: string, hint: string): ReconcileError =>
    new ReconcileError({
      code: 'REFERENCE_MISSING',
      message: `${field}: ${message}`,
      hint,
      ...sourceOf(spec, field),
    });
  return Promise.all(
    parts.map(async (part): Promise<Dereferenced> => {
      if (part.source === 'text') return { text: part.text, isHidden: false };
      if (part.source === 'env') {
        const value = fromEnvironment(part, env);
        if (value === undefined || value === '') {
          throw missing(`the environment variable ${part.name} is not set`, 'set it where reconcile runs');
        }
        // A default is the manifest's own text.
        return { text: value, isHidden: !isOpen(part.name) && value === env[part.name] };
      }
      const named = resolve(spec.folder, part.path);
      const path = await realpath(named).catch(() => undefined);
      const within = await Promise.all(spec.within.map((folder) => realpath(folder).catch(() => folder)));
      // The message must not reveal whether such a file exists outside the allowed folders.
      if (!isWithin(path === undefined ? spec.within : within, path ?? named)) {
        throw missing(
          `the file ${part.path} is outside the manifests' folder`,
          'to allow it, pass its folder to --allow-file-reference',
        );
      }
      const content = path === undefined ? undefined : await readBoundedFile(path).catch(() => undefined);
      if (content === undefined) {
        throw missing(`the file ${part.path} can't be read`, "its path is relative to the manifest's folder");
      }
      return { text: content.replace(/\r?\n$/, ''), isHidden: true };
    }),
  );
}

/** Returns the place of a field in the manifest as part of a problem; empty if the manifest doesn't state the field. */
export function sourceOf(spec: ConnectionSpec, field: string): { source?: SourceLocation } {
  const source = spec.sources[field];
  return source ? { source } : {};
}
