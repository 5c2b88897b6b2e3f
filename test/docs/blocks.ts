/** A piece of a document that is code. */
export interface Block {
  readonly line: number;
  /** What follows the fence: `sh`, `yaml`; `setup` for what the reader is spared. */
  readonly language: string;
  readonly text: string;
}

/** All code of a Markdown document, in its order. A comment `<!-- setup: … -->` prepares what a reader has already. */
export function blocksOf(markdown: string): readonly Block[] {
  const pattern = /^```(\w*)\n(.*?)^```|^<!-- setup: (.*?) -->/gms;
  return [...markdown.matchAll(pattern)].map(({ index, 1: language = '', 2: text, 3: setup }) => ({
    line: markdown.slice(0, index).split('\n').length,
    language: setup === undefined ? language : 'setup',
    text: setup ?? text ?? '',
  }));
}

/** A manifest that a fragment of one stands for; `undefined` where it is something else. */
export function manifestOf(yaml: string): string | undefined {
  if (/^apiVersion: reconcile\/v1/m.test(yaml)) return yaml;
  const head = 'apiVersion: reconcile/v1\n';
  if (/^tokens:/m.test(yaml)) return head + yaml;
  if (/^ *- kind: /.test(yaml)) return `${head}tokens:\n${yaml}`;
  if (/^secret:/m.test(yaml)) {
    const entry = yaml.replaceAll(/^(?=.)/gm, '    ');
    return `${head}tokens:\n  - kind: registry_token\n    registry: team-a\n    name: ci\n${entry}`;
  }
  return undefined;
}
