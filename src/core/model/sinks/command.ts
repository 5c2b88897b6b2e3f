import { coveredParts, type DigestParts, itself } from '../../util/digest-parts.ts';
import { textsIn } from '../../util/json.ts';
import { number, text, texts } from '../record-schema.ts';
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

/** A program that receives a secret on its standard input. */
export interface CommandSink {
  readonly type: 'command';
  /** The program and its arguments. No shell is used. */
  readonly run: readonly string[];
  readonly layout: SecretLayout;
  readonly timeoutSeconds: number;
  /** The manifest's folder, absolute. The program runs in it. */
  readonly folder: string;
}

const defaultFormat = 'raw';

const digestParts: DigestParts<CommandSink> = {
  type: itself,
  run: itself,
  layout: (layout) => ({ ...layout }),
  timeoutSeconds: itself,
  folder: 'covered', // by the entry's folder
};

/** The sink type `command`. */
export const commandSink: SinkType<CommandSink> = {
  type: 'command',
  recordSchema: { run: texts, layout: layoutSchema, timeoutSeconds: number, folder: text },
  duplicateMessage: 'two sinks run the same command',
  placeTypes: { command: 'none' },

  parse(values, { folder }) {
    const { run, timeout } = values;
    return {
      type: 'command',
      run: textsIn(run),
      layout: parseLayout(values, defaultFormat),
      timeoutSeconds: typeof timeout === 'number' ? timeout : 60,
      folder,
    };
  },

  validate(values, reject) {
    validateLayout(values, defaultFormat, reject);
    const run = textsIn(values['run']);
    if (run[0]?.trim() === '') reject(['run', 0], 'the program is empty');
    for (const [index, word] of run.entries()) {
      if (word.includes('\0')) reject(['run', index], "an argument can't contain a NUL character");
    }
  },

  identity: ({ run, layout }) => JSON.stringify([run, layout]),
  name: ({ run }) => `command:${run.join(' ')}`,
  portable: (sink) => coveredParts(digestParts, sink),
  needsHost: ({ layout }) => layoutNamesHost(layout),
  holdsLogin: ({ layout }) => layoutHoldsLogin(layout),

  places({ folder, run, layout }, _file, token) {
    const secret = kubernetesSecretOf(layout, token);
    if (!secret) return [];
    const { detail, label } = secret;
    return [{ type: 'command', path: folder, detail: `${detail} ${JSON.stringify(run)}`, label }];
  },

  timeoutSeconds: (sink) => sink.timeoutSeconds,
  commandLine: ({ run }) => run,
};
