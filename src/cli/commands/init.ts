import { Option } from 'commander';
import { services } from '../../providers/registry.ts';
import type { CommandDefinition } from '../command.ts';
import { connectionOptions, insecureOption, outputOptions } from '../options.ts';

/** Defines `reconcile init`. */
export const initCommand: CommandDefinition = {
  name: 'init',
  description: 'Write a first manifest and a pipeline',
  group: 'Getting started:',
  examples: [
    ['reconcile init', 'ask for everything'],
    [`reconcile init --service ${services[0]?.info.id} --adopt --ci github`, 'ask nothing'],
  ],
  configure: (command, { start, done }) => {
    insecureOption(connectionOptions(outputOptions(command)))
      .addOption(
        new Option('--service <service>', 'service of the tokens').choices(
          services.map(({ info }) => info.id),
        ),
      )
      .option('--adopt', 'start with the existing tokens')
      .option('--no-adopt', 'start with an example to fill in')
      .addOption(
        new Option('--ci <pipeline>', 'pipeline that plans and applies').choices([
          'github',
          'gitlab',
          'none',
        ]),
      )
      .action(async (options) => {
        const { init } = await import('../init.ts');
        done(await init(await start(options), options));
      });
  },
};
