import { type AdoptedManifest, adopt } from '../manifest/adopt.ts';
import { tokenKinds } from '../providers/registry.ts';
import type { ListedToken } from './list.ts';
import type { Runtime } from './runtime.ts';

/** Returns the manifest that declares listed tokens as they are. */
export function listedManifest(
  tokens: readonly ListedToken[],
  { clock, masker }: Pick<Runtime, 'clock' | 'masker'>,
): AdoptedManifest {
  return adopt(tokens, {
    declarations: tokenKinds,
    now: Math.floor(clock.now() / 1000),
    // Output is masked. An entry that masking would change would no longer match the live token.
    mask: (text) => masker.maskOwn(text),
  });
}
