import type { CommandDefinition } from '../command.ts';
import { collect } from '../option-values.ts';
import { outputOptions, selectionOptions } from '../options.ts';

/** Defines `reconcile list`. */
export const listCommand: CommandDefinition = {
  name: 'list',
  description: 'List live tokens',
  group: 'Daily use:',
  examples: [['reconcile list --filter properties.status=enabled', 'only enabled tokens']],
  configure: (command, { start, done }) => {
    selectionOptions(outputOptions(command))
      .option(
        '--filter <field=value>',
        'only tokens whose field has this value, for example properties.status=enabled (repeatable)',
        collect,
        [],
      )
      .action(async (options) => {
        const { list } = await import('../actions.ts');
        done(await list(await start(options), options));
      });
  },
};
