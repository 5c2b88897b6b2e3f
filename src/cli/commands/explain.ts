import type { CommandDefinition } from '../command.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile explain`. */
export const explainCommand: CommandDefinition = {
  name: 'explain',
  description: 'Explain a field of a manifest',
  group: 'Other commands:',
  examples: [['reconcile explain registry_token.rotate', 'explain one field']],
  configure: (command, { start, done }) => {
    outputOptions(command)
      .argument('[kind.field]', 'for example registry_token.scopes; omit to list topics')
      .action(async (path, options) => {
        const { explain } = await import('../explain.ts');
        done(await explain(await start(options), path, options));
      });
  },
};
