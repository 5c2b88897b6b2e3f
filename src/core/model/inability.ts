/** Something that the signed-in credential can't do. */
export interface Inability {
  readonly action: 'create' | 'patch' | 'delete' | 'set_secret';
  /** The reason, in words. */
  readonly reason: string;
}
