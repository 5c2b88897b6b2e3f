/** Ways in which the real service may differ from what its documents lead one to expect. */
export interface Quirks {
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
}

/** The service as its documents describe it. */
export const plainQuirks: Quirks = {
  ignorePatch: [],
  dateStyle: 'seconds',
  emptyScopes: 'array',
  cursorEnd: 'empty',
  pageCap: 100,
};
