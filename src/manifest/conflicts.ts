import { claimedNames } from '../core/model/claimed-names.ts';
import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import { familyResolver } from '../core/model/generation-name.ts';
import type { Sink } from '../core/model/sink.ts';
import { fileOfSink, placeKey, placesOf, usesFile, wholeFileKeys } from '../core/model/sink-place.ts';
import { findConflicts } from '../core/plan/conflicts.ts';
import type { ReadOptions } from './options.ts';
import { resolveSinkFiles } from './real-files.ts';

/**
 * Returns the entries that are for the same token, or whose secrets would go to the same place, as far as this can be
 * determined without a request to a service.
 */
export async function findOverlaps(
  desired: readonly Desired[],
  { declarations, env }: Pick<ReadOptions, 'declarations' | 'env'>,
): Promise<readonly Problem[]> {
  const fileOf = (sink: Sink): string | undefined => fileOfSink(sink, env);
  const real = await resolveSinkFiles(
    desired.flatMap((entry) => sinksOf(entry).flatMap((sink) => fileOf(sink) ?? [])),
  );
  const realFileOf = (sink: Sink): string | undefined => {
    const file = fileOf(sink);
    return file === undefined ? undefined : real(file);
  };
  const written = new Set(
    desired
      .flatMap(sinksOf)
      .filter((sink) => usesFile(sink, 'whole'))
      .map(realFileOf),
  );
  const families = new Map<string, Set<string>>();
  for (const entry of desired) {
    if (!entry.rotation) continue;
    const known = families.get(scopeOf(entry)) ?? new Set();
    families.set(scopeOf(entry), known.add(entry.rotation.base));
  }
  const claims = desired.map((entry) => {
    const scope = scopeOf(entry);
    const owner = familyResolver(families.get(scope) ?? new Set());
    const { service } = declarations.find(({ kind }) => kind === entry.kind) ?? {};
    const token = {
      name: entry.name ?? entry.existing,
      host: entry.registryHost ?? service?.registryHost ?? scope,
      // The host isn't known yet: it depends on the scope.
      hostLabel: entry.place,
    };
    return {
      address: entry.address,
      source: entry.source,
      resources: [
        { key: `address ${entry.address}`, label: 'the address' },
        ...claimedNames(entry).map((name) => ({
          key: `name ${scope} ${owner(name)}`,
          label: `the token ${name}`,
        })),
        ...sinksOf(entry).flatMap((sink) => {
          const path = realFileOf(sink);
          const places = placesOf(sink, path === undefined ? undefined : { path }, token);
          // Logins for many hosts go into one configuration; a file of a secret must not overwrite it.
          const isMixed = usesFile(sink, 'part') && path !== undefined && written.has(path);
          return [
            ...places.map((place) => ({ key: placeKey(place), label: place.label })),
            ...(isMixed
              ? wholeFileKeys(path).map((key) => ({ key, label: `the file ${fileOf(sink)}` }))
              : []),
          ];
        }),
      ],
    };
  });
  return [...findConflicts(claims).values()];
}

/** Returns the sinks that an entry writes to; none for `state: absent`. */
function sinksOf({ secret, state }: Desired): readonly Sink[] {
  return Array.isArray(secret) && state !== 'absent' ? secret : [];
}

/** Returns a key that distinguishes scopes without a request to the service. */
function scopeOf({ kind, connection, scope }: Desired): string {
  return `${kind} ${connection.api_url ?? ''} ${scope}`;
}
