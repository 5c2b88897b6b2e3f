import type { TokenKind } from '../core/model/token-kind.ts';
import { organizationTokenDeclaration } from './docker-hub/organization-declaration.ts';
import { personalTokenDeclaration } from './docker-hub/personal-declaration.ts';
import { registryTokenDeclaration } from './ionos/declaration.ts';

/** What manifests may say of each kind of token. Apart from the providers: to check a manifest sends nothing. */
export const tokenKinds: readonly TokenKind[] = [
  registryTokenDeclaration,
  personalTokenDeclaration,
  organizationTokenDeclaration,
];
