import { dirname, relative, resolve } from 'node:path';
import { coveredParts, type DigestParts, itself } from '../../util/digest-parts.ts';
import { textsIn } from '../../util/json.ts';
import { number, text, texts } from '../record-schema.ts';
import { recipientProblem } from './age-recipient.ts';
import {
  kubernetesSecretOf,
  layoutHoldsLogin,
  layoutNamesHost,
  layoutSchema,
  parseLayout,
  type SecretLayout,
  validateLayout,
} from './secret-layout.ts';
import type { SinkType } from './sink-type.ts';

/** A file that a secret is written to. */
export interface FileSink {
  readonly type: 'file';
  /** The path as written in the manifest. */
  readonly path: string;
  readonly layout: SecretLayout;
  /** Permission bits of the file, for example `0o600`. */
  readonly mode: number;
  /** The age recipients that the content is encrypted to; empty for plain text. */
  readonly age: readonly string[];
  /** The manifest's folder, absolute. `path` is relative to it. */
  readonly folder: string;
  /** The folders, absolute, that the file has to be in. */
  readonly within: readonly string[];
}

const defaultFormat = 'json';

const digestParts: DigestParts<FileSink> = {
  type: itself,
  path: 'covered', // by the place that it leads to
  layout: (layout) => ({ ...layout }),
  mode: itself,
  age: itself,
  folder: 'covered', // by that place
  within: 'covered', // by the options that a saved plan remembers
};

/** The sink type `file`. */
export const fileSink: SinkType<FileSink> = {
  type: 'file',
  recordSchema: { path: text, layout: layoutSchema, mode: number, age: texts, folder: text, within: texts },
  duplicateMessage: 'two sinks write to the same file',
  placeTypes: { file: 'whole', secret: 'none' },

  parse(values, { folder, within }) {
    const { path, mode, age } = values;
    if (typeof path !== 'string') return undefined;
    return {
      type: 'file',
      path,
      layout: parseLayout(values, defaultFormat),
      mode: typeof mode === 'string' ? Number.parseInt(mode, 8) : 0o600,
      age: textsIn(age),
      folder,
      within,
    };
  },

  validate(values, reject) {
    validateLayout(values, defaultFormat, reject);
    for (const [index, recipient] of textsIn(values['age']).entries()) {
      const problem = recipientProblem(recipient);
      if (problem) reject(['age', index], problem.message, problem.hint);
    }
  },

  writtenPath: ({ path, within }) => ({ field: 'path', path, within }),
  identity: pathOf,
  name: ({ path }) => `file:${path}`,
  nameHasPath: true,

  portable(sink) {
    const [root = ''] = sink.within;
    return { ...coveredParts(digestParts, sink), place: relative(root, pathOf(sink)) };
  },

  needsHost: ({ layout }) => layoutNamesHost(layout),
  holdsLogin: ({ layout }) => layoutHoldsLogin(layout),
  file: pathOf,

  places({ path, layout }, file, token) {
    if (!file) return [];
    const secret = kubernetesSecretOf(layout, token);
    return [
      { type: 'file', path: file.path, detail: '', label: `the file ${path}` },
      ...(secret ? [{ type: 'secret', path: dirname(file.path), ...secret }] : []),
    ];
  },

  isReadBackable: ({ layout, age }) =>
    age.length === 0 && ['json', 'env', 'kubernetes'].includes(layout.format),
  isEncrypted: ({ age }) => age.length > 0,
  contentForm: ({ layout, age }) => [{ ...layout }, age],
};

function pathOf({ folder, path }: FileSink): string {
  return resolve(folder, path);
}
