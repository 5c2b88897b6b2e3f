import type { CommandDefinition } from '../command.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile completion`. */
export const completionCommand: CommandDefinition = {
  name: 'completion',
  description: 'Print a shell completion script',
  group: 'Other commands:',
  examples: [['source <(reconcile completion bash)', 'in ~/.bashrc']],
  configure: (command, { start, done }) => {
    outputOptions(command)
      .argument('<shell>', 'bash, zsh or fish')
      .action(async (shell, options) => {
        const { completion } = await import('../completion.ts');
        done(completion(await start(options), shell));
      });
  },
};

/** Defines the hidden command that completion scripts call. */
export const completeCommand: CommandDefinition = {
  name: '__complete',
  description: '',
  group: 'Other commands:',
  hidden: true,
  configure: (command, { program, start, done }) => {
    outputOptions(command)
      .argument('[word...]')
      .action(async (words, options) => {
        const { complete } = await import('../completion.ts');
        done(await complete(await start(options), program, words));
      });
  },
};
