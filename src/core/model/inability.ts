/** Something that the signed-in credential can't do. */
export interface Inability {
  readonly action: 'create' | 'patch' | 'delete' | 'set_secret';
  /** The `prefix` of the only level of scopes that it applies to; absent if it applies to all. */
  readonly levelPrefix?: string;
  /** The reason, in words. */
  readonly reason: string;
}
