import { exampleKind } from '../../providers/registry.ts';
import type { CommandDefinition } from '../command.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile explain`. */
export const explainCommand: CommandDefinition = {
  name: 'explain',
  description: 'Explain a field of a manifest',
  group: 'Other commands:',
  examples: [[`reconcile explain ${exampleKind.kind}.rotate`, 'explain one field']],
  configure: (command, { start, done }) => {
    outputOptions(command)
      .argument('[kind.field]', `for example ${exampleKind.kind}.rotate; omit to list topics`)
      .action(async (path, options) => {
        const { explain } = await import('../explain.ts');
        done(await explain(await start(options), path, options));
      });
  },
};
