/** A token as a readable sink names it. */
export interface NamedToken {
  readonly id: string;
  /** The user name for logins with it; absent if the sink doesn't name one. */
  readonly username?: string;
  /** The address of the token; absent if the sink doesn't contain it. */
  readonly address?: string;
}

/** The content of a readable sink: a token's secret, nothing (`absent`), or something else (`foreign`). */
export type SinkContent = NamedToken | 'absent' | 'foreign';
