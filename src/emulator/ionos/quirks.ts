import { type Granting, plainGranting } from '../granting.ts';
import { defaultTiming, type Timing } from '../timing.ts';

/** Differences of the real service from its documents. Times in milliseconds. */
export interface IonosQuirks extends Timing, Granting {
  /** Fields that stay as they are although a PATCH of them is answered 200. */
  readonly ignorePatch: readonly string[];
  /** Form of dates: with `Z`, without a zone, or with milliseconds. */
  readonly dateStyle: 'seconds' | 'zoneless' | 'millis';
  /** The scopes as shown for a token without any. */
  readonly emptyScopes: 'array' | 'null' | 'absent';
  /** Form of the cursor on the last page of registries. */
  readonly cursorEnd: 'empty' | 'absent' | 'repeat';
  /** Maximum size of a page, whatever size is requested. */
  readonly pageCap: number;
  /** True if several tokens of a registry may have one name. */
  readonly duplicateNames: boolean;
  /** True if registries show the emulator's own host as theirs, so that a real client reaches the emulator. */
  readonly ownHost: boolean;
  /** The login challenge of the registry endpoint. It accepts both, whatever it asks for. */
  readonly loginChallenge: 'basic' | 'bearer';
}

/** The service as its documents describe it. */
export const defaultIonosQuirks: IonosQuirks = {
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
