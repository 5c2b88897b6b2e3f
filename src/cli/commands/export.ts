import type { CommandDefinition } from '../command.ts';
import { outputOptions, selectionOptions } from '../options.ts';

/** Defines `reconcile export`. */
export const exportCommand: CommandDefinition = {
  name: 'export',
  description: 'Write live tokens as a manifest, ready to adopt',
  group: 'Getting started:',
  examples: [['reconcile export > tokens/all.yaml', 'a manifest that plans no changes']],
  configure: (command, { start, done }) => {
    selectionOptions(outputOptions(command)).action(async (options) => {
      const { exportManifest } = await import('../actions.ts');
      done(await exportManifest(await start(options), options));
    });
  },
};
