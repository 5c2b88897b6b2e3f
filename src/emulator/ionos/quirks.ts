import { type Granting, plainGranting } from '../granting.ts';
import { defaultTiming, type Timing } from '../timing.ts';

/** How the real service may differ from what its documents lead one to expect. Times in milliseconds. */
export interface Quirks extends Timing, Granting {
  /** Fields that a PATCH is answered 200 for and that stay as they are (facts §4). */
  readonly ignorePatch: readonly string[];
  /** How dates are written: with `Z`, without a zone, or with milliseconds (facts §6). */
  readonly dateStyle: 'seconds' | 'zoneless' | 'millis';
  /** How a token without scopes reads (facts §3.1). */
  readonly emptyScopes: 'array' | 'null' | 'absent';
  /** How the last page of registries ends (facts §7). */
  readonly cursorEnd: 'empty' | 'absent' | 'repeat';
  /** The largest page, whatever is asked for. */
  readonly pageCap: number;
  /** Whether several tokens of a registry may have one name. */
  readonly duplicateNames: boolean;
  /** Whether registries give the emulator's own host as theirs, so that a real client finds its way to it. */
  readonly ownHost: boolean;
  /** How the registry endpoint asks clients to log in. It takes both, whatever it asks for. */
  readonly loginChallenge: 'basic' | 'bearer';
}

/** The service as its documents describe it. */
export const defaultQuirks: Quirks = {
  ...defaultTiming,
  ...plainGranting,
  ignorePatch: [],
  dateStyle: 'seconds',
  emptyScopes: 'array',
  cursorEnd: 'empty',
  pageCap: 100,
  duplicateNames: false,
  ownHost: false,
  loginChallenge: 'bearer',
};
