import type { TokenKind } from '../core/model/token-kind.ts';
import { organizationTokenDeclaration } from './docker-hub/organization-declaration.ts';
import { personalTokenDeclaration } from './docker-hub/personal-declaration.ts';
import { registryTokenDeclaration } from './ionos/declaration.ts';

/** The declarations of all kinds of token. Separate from the providers, as checking a manifest sends nothing. */
export const tokenKinds: readonly TokenKind[] = [
  registryTokenDeclaration,
  personalTokenDeclaration,
  organizationTokenDeclaration,
];
