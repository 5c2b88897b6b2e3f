import { type CommandDefinition, pathsHelp } from '../command.ts';
import { connectionOptions, manifestOptions, outputOptions, stateOption } from '../options.ts';

/** Defines `reconcile doctor`. */
export const doctorCommand: CommandDefinition = {
  name: 'doctor',
  description: 'Check credentials, network, state and sinks',
  group: 'Getting started:',
  examples: [['reconcile doctor tokens', 'check your setup and print a fix for each problem']],
  configure: (command, { start, done }) => {
    stateOption(connectionOptions(manifestOptions(outputOptions(command))))
      .argument('[path...]', pathsHelp)
      .action(async (paths, options) => {
        const { doctor } = await import('../actions.ts');
        done(await doctor(await start(options), paths, options));
      });
  },
};
