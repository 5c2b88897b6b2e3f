import type { Command } from 'commander';
import { ReconcileError } from '../../core/model/errors.ts';
import { exampleTarget } from '../../providers/registry.ts';
import { type CommandDefinition, pathsHelp } from '../command.ts';
import { digestArgument } from '../option-values.ts';
import { lockOption, planningOptions, targetOptions } from '../options.ts';
import { fixedOptionNames } from '../saved-options.ts';

/** Defines `reconcile apply`. */
export const applyCommand: CommandDefinition = {
  name: 'apply',
  description: 'Apply the changes',
  group: 'Daily use:',
  examples: [
    ['reconcile apply tokens', 'plan, ask for approval, apply'],
    ['reconcile apply --plan plan.json', 'apply the reviewed plan, or nothing if it no longer holds'],
    [`reconcile apply tokens --target '${exampleTarget}'`, 'only these tokens'],
  ],
  configure: (command, { io, start, done }) => {
    lockOption(targetOptions(planningOptions(command, io.env, true)))
      .argument('[path...]', pathsHelp)
      .option('-y, --yes', "don't ask for approval", false)
      .option(
        '--expect <digest>',
        'apply only if the plan has this digest (sha256:…); otherwise exit 3',
        digestArgument,
      )
      .option('--keep-going', 'apply the other changes of a plan with errors', false)
      .option(
        '--plan <file>',
        'apply a saved plan if it still holds; uses the paths and options recorded in it; - reads it from stdin',
      )
      .action(async (paths, options, self) => {
        if (options.plan !== undefined) rejectBesidePlan(paths, self);
        const { apply } = await import('../apply.ts');
        done(await apply(await start(options), paths, options));
      });
  },
};

/** Rejects PATHs and options beside a saved plan, which has its own: the result would not be what was reviewed. */
function rejectBesidePlan(paths: readonly string[], command: Command): void {
  const own = fixedOptionNames.filter((name) => command.getOptionValueSource(name) === 'cli');
  const named = command.options.filter((option) => own.some((name) => name === option.attributeName()));
  const rejected = [...paths, ...named.map(({ long }) => long ?? '')];
  if (rejected.length === 0) return;
  throw new ReconcileError({
    code: 'USAGE',
    message: `${rejected.join(', ')}: can't be combined with --plan, which records its own paths and options`,
    hint: 'leave them out, or plan again with them',
  });
}
