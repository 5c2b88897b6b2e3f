import type { Declaration } from '../core/declaration.ts';
import { organizationTokenDeclaration } from '../providers/docker-hub/organization-declaration.ts';
import { personalTokenDeclaration } from '../providers/docker-hub/personal-declaration.ts';
import { registryTokenDeclaration } from '../providers/ionos/declaration.ts';

/** What manifests may say of each kind of token. Apart from the providers: to check a manifest sends nothing. */
export const declarations: readonly Declaration[] = [
  registryTokenDeclaration,
  personalTokenDeclaration,
  organizationTokenDeclaration,
];
