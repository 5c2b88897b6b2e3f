import { ApiError } from '../api-error.ts';
import type { NthRequest } from '../nth-request.ts';
import type { IonosState, RegistryState, TokenState } from './state.ts';
import type { NewToken, RegistryTokenStore } from './store.ts';

/** An action of another user, just before a request of ours arrives. */
export interface IonosIntervention {
  readonly before: NthRequest;
  /** The name of the registry. */
  readonly registry: string;
  /** The user who acts. */
  readonly user: string;
  /** A token to create, or the name of one to delete. */
  readonly act: { readonly create: NewToken } | { readonly delete: string };
}

/** Actions of users other than the caller of the API, by the name of the registry. */
export interface IonosActor {
  createAs(user: string, registry: string, properties: NewToken): TokenState;
  patchAs(user: string, registry: string, tokenId: string, patch: Omit<NewToken, 'name'>): TokenState;
  deleteAs(registry: string, tokenId: string): void;
}

/**
 * Creates an actor for tests, whose actions take effect at once. Throws an `ApiError` if the API would reject one.
 */
export function ionosActor(state: IonosState, store: RegistryTokenStore): IonosActor {
  const named = (name: string): RegistryState => {
    const registry = [...state.values()].find((one) => one.name === name);
    if (!registry) throw new ApiError(404, 'registry-not-found', `no such registry: ${name}`);
    return registry;
  };
  return {
    createAs: (user, registry, properties) => store.create(named(registry), properties, user),
    patchAs: (user, registry, tokenId, patch) => store.patch(named(registry), tokenId, patch, user),
    deleteAs: (registry, tokenId) => store.delete(named(registry), tokenId),
  };
}
