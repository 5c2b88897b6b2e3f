import { type CommandDefinition, pathsHelp } from '../command.ts';
import { manifestOptions, outputOptions } from '../options.ts';
import { validate } from '../validate.ts';

/** Defines `reconcile validate`. */
export const validateCommand: CommandDefinition = {
  name: 'validate',
  description: 'Check manifests offline',
  group: 'Daily use:',
  examples: [['reconcile validate tokens', 'report all problems at once']],
  configure: (command, { start, done }) => {
    manifestOptions(outputOptions(command))
      .argument('[path...]', pathsHelp)
      .action(async (paths, options) => {
        done(await validate(await start(options), paths, options));
      });
  },
};
