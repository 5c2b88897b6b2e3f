import { Refusal } from '../api-error.ts';
import type { NthRequest } from '../nth-request.ts';
import type { EmulatorState, RegistryState, TokenState } from './state.ts';
import type { NewToken, RegistryTokenStore } from './store.ts';

/** What somebody else does, just before a request of ours arrives. */
export interface Intervention {
  readonly before: NthRequest;
  /** The name of the registry. */
  readonly registry: string;
  /** Who does it. */
  readonly user: string;
  /** A token that they make, or the name of one that they delete. */
  readonly act: { readonly create: NewToken } | { readonly delete: string };
}

/** What users other than the one who calls the API can do, by the name of the registry. */
export interface SecondActor {
  createAs(user: string, registry: string, properties: NewToken): TokenState;
  patchAs(user: string, registry: string, tokenId: string, patch: Omit<NewToken, 'name'>): TokenState;
  deleteAs(registry: string, tokenId: string): void;
}

/** Acts at once, by the rules that hold for all; throws what the API would refuse. */
export function secondActor(state: EmulatorState, store: RegistryTokenStore): SecondActor {
  const named = (name: string): RegistryState => {
    const registry = [...state.values()].find((one) => one.name === name);
    if (!registry) throw new Refusal(404, 'registry-not-found', `there is no registry ${name}`);
    return registry;
  };
  return {
    createAs: (user, registry, properties) => store.create(named(registry), properties, user),
    patchAs: (user, registry, tokenId, patch) => store.patch(named(registry), tokenId, patch, user),
    deleteAs: (registry, tokenId) => store.delete(named(registry), tokenId),
  };
}
