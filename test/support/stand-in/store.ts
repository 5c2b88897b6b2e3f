import {
  createCollection,
  createReadLag,
  type ReadLag,
  type TokenCollection,
} from '../../../src/emulator/read-lag.ts';
import type { StandInQuirks } from './quirks.ts';
import { ServiceError } from './service-error.ts';

/** A permission as the service stores it. */
export interface StoredPermission {
  readonly scope: string;
  readonly resource: string;
  readonly action: string;
}

/** The part of a token that a PUT replaces. */
export interface TokenContent {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly StoredPermission[];
  /** The lifetime in days from the creation; -1 for ever. */
  readonly days: number;
  readonly disabled: boolean;
}

/** A token of the service. IDs are numbers that are unique in their scope only. */
export interface StoredToken {
  /** The number, as a text. */
  readonly id: string;
  content: TokenContent;
  secret: string;
  /** Times in milliseconds since 1970. */
  readonly created: number;
  changed: number | null;
  readonly creator: string;
}

/** A project, or the system itself, with its tokens. */
export interface StoredScope {
  /** The path below the base URL: `projects/1` or `system`. */
  readonly path: string;
  /** The name of the project; empty for the system. */
  readonly project: string;
  readonly collection: TokenCollection<StoredToken>;
  lastId: number;
}

/** The contents of the service. */
export interface Store {
  readonly scopes: ReadonlyMap<string, StoredScope>;
  readonly lag: ReadLag<StoredToken>;
  /** Returns a scope by its path. */
  scope(path: string): StoredScope;
  add(scope: StoredScope, content: TokenContent, creator: string): StoredToken;
  change(token: StoredToken, change: Partial<Pick<StoredToken, 'content' | 'secret'>>): void;
  remove(scope: StoredScope, id: string): boolean;
}

/** The contents at the start. */
export interface StandInSeed {
  /** The names of the projects, in the order of their numbers from 1. */
  readonly projects: readonly string[];
  /** The tokens of scopes, by the path of the scope. */
  readonly tokens?: Readonly<Record<string, readonly ({ readonly id: number } & TokenContent)[]>>;
}

/** Creates the contents of the service. */
export function createStore(
  seed: StandInSeed,
  quirks: StandInQuirks,
  now: () => number,
  hex: (bytes: number) => string,
): Store {
  const createScope = (path: string, project: string): StoredScope => {
    const seeded = seed.tokens?.[path] ?? [];
    const tokens = seeded.map(
      ({ id, ...content }): StoredToken => ({
        id: String(id),
        content,
        secret: newSecret(hex),
        created: now(),
        changed: null,
        creator: 'emulator',
      }),
    );
    const lastId = Math.max(0, ...seeded.map(({ id }) => id));
    return { path, project, collection: createCollection(tokens), lastId };
  };
  const scopes = new Map(
    [
      createScope('system', ''),
      ...seed.projects.map((name, index) => createScope(`projects/${index + 1}`, name)),
    ].map((scope) => [scope.path, scope]),
  );
  const lag = createReadLag<StoredToken>(quirks, now, () => false);
  return {
    scopes,
    lag,
    scope(path) {
      const found = scopes.get(path);
      if (!found) throw new ServiceError(404, `no scope ${path}`);
      return found;
    },
    add(scope, content, creator) {
      const { collection } = scope;
      if ([...collection.tokens.values()].some((token) => token.content.name === content.name)) {
        throw new ServiceError(409, `the name ${content.name} is taken`);
      }
      scope.lastId += 1;
      const token = {
        id: String(scope.lastId),
        content,
        secret: newSecret(hex),
        created: now(),
        changed: null,
        creator,
      };
      collection.tokens.set(token.id, token);
      lag.added(collection, token);
      return token;
    },
    change(token, change) {
      lag.changed(token, { ...token });
      Object.assign(token, change, { changed: now() });
    },
    remove({ collection }, id) {
      const token = collection.tokens.get(id);
      if (!token) return false;
      collection.tokens.delete(id);
      lag.deleted(collection, token);
      return true;
    },
  };
}

function newSecret(hex: (bytes: number) => string): string {
  return `stand_in_${hex(12)}`;
}
