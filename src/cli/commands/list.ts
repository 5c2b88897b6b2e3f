import { Option } from 'commander';
import type { CommandDefinition } from '../command.ts';
import { collectValues } from '../option-values.ts';
import { outputOptions, selectionOptions } from '../options.ts';

/** Defines `reconcile list`. */
export const listCommand: CommandDefinition = {
  name: 'list',
  description: 'List live tokens',
  group: 'Daily use:',
  examples: [
    ['reconcile list --filter properties.status=enabled', 'only enabled tokens'],
    ['reconcile list -o wide', 'all columns, with times'],
  ],
  configure: (command, { start, done }) => {
    selectionOptions(outputOptions(command))
      .addOption(
        new Option(
          '-o, --output <layout>',
          'layout of the text: all columns, or the addresses alone',
        ).choices(['wide', 'name']),
      )
      .option(
        '--filter <field=value>',
        'only tokens whose field has this value, for example properties.status=enabled (repeatable)',
        collectValues,
        [],
      )
      .action(async (options) => {
        const { list } = await import('../actions.ts');
        done(await list(await start(options), options));
      });
  },
};
