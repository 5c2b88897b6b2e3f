import { exampleKind } from '../../providers/registry.ts';
import type { CommandDefinition } from '../command.ts';
import { collectValues } from '../option-values.ts';
import { lockOption, planningOptions } from '../options.ts';

/** Defines `reconcile rotate`. */
export const rotateCommand: CommandDefinition = {
  name: 'rotate',
  description: 'Create the next generation of token families now',
  group: 'Daily use:',
  examples: [
    [`reconcile rotate ${exampleKind.exampleAddress} --revoke-old`, 'replace a leaked secret at once'],
  ],
  configure: (command, { io, start, done }) => {
    lockOption(planningOptions(command, io.env, true))
      .argument('<address...>', 'addresses of the families')
      .option('-f, --file <path>', 'manifests (repeatable; default: this folder)', collectValues, [])
      .option('--revoke-old', 'delete old generations as soon as the new secret is delivered', false)
      .option('-y, --yes', "don't ask for approval", false)
      .action(async (addresses, options) => {
        const { rotate } = await import('../rotate.ts');
        done(await rotate(await start(options), addresses, options));
      });
  },
};
