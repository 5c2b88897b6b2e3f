import { type Adoption, adopt } from '../manifest/adopt.ts';
import { declarations } from './declarations.ts';
import type { ListedToken } from './list.ts';
import type { Runtime } from './runtime.ts';

/** The manifest that declares listed tokens as they are. */
export function adoptListed(
  tokens: readonly ListedToken[],
  { clock, masker }: Pick<Runtime, 'clock' | 'masker'>,
): Adoption {
  return adopt(tokens, {
    declarations,
    now: Math.floor(clock.now() / 1000),
    // As what is printed is masked: what would come out otherwise would not be what is live.
    mask: (text) => masker.maskLong(text),
  });
}
