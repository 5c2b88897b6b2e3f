/** The content of a readable sink: a token's secret, nothing (`absent`), or something else (`foreign`). */
export type SinkContent = { readonly id: string } | 'absent' | 'foreign';
