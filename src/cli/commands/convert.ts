import type { CommandDefinition } from '../command.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile convert`. */
export const convertCommand: CommandDefinition = {
  name: 'convert',
  description: 'Convert Ansible tasks of the token modules to a manifest',
  group: 'Getting started:',
  examples: [['reconcile convert playbook.yml > tokens/tokens.yaml', 'convert a playbook']],
  configure: (command, { start, done }) => {
    outputOptions(command)
      .argument('<file...>', 'playbooks and task files')
      .option('--strict', 'exit 1 if something could not be converted', false)
      .action(async (files, options) => {
        const { convert } = await import('../convert.ts');
        done(await convert(await start(options), files, options));
      });
  },
};
