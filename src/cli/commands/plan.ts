import { type CommandDefinition, pathsHelp } from '../command.ts';
import { instantArgument } from '../option-values.ts';
import { planningOptions, targetOptions } from '../options.ts';

/** Defines `reconcile plan`. */
export const planCommand: CommandDefinition = {
  name: 'plan',
  description: 'Show the changes that apply would make',
  group: 'Daily use:',
  examples: [
    ['reconcile plan tokens', 'show pending changes'],
    ['reconcile plan tokens --out plan.json', 'save the plan, to review and apply it unchanged'],
    ['reconcile plan tokens --drift-only', 'show only changes made outside the manifests'],
  ],
  configure: (command, { io, start, done }) => {
    targetOptions(planningOptions(command, io.env, false))
      .argument('[path...]', pathsHelp)
      .option('--no-check-sinks', "don't check sinks, if apply runs on another machine")
      .option('--detailed-exitcode', 'exit 2 if changes are pending', false)
      .option(
        '-o, --out <file>',
        'save the plan to a file for reconcile apply --plan; - writes it to stdout instead of the text',
      )
      .option(
        '--now <instant>',
        'plan for this time instead of now, to see changes that will be due',
        instantArgument,
      )
      .option('--drift-only', 'show only changes made outside the manifests', false)
      .action(async (paths, options) => {
        const { plan } = await import('../plan.ts');
        done(await plan(await start(options), paths, options));
      });
  },
};
