import type { Command } from 'commander';
import { type CommandDefinition, helpDescription } from '../command.ts';
import { lockOption, outputOptions, stateOption } from '../options.ts';

/** Defines `reconcile spool list`, `deliver` and `drop`. */
export const spoolCommand: CommandDefinition = {
  name: 'spool',
  description: 'Manage secrets that are not yet delivered',
  group: 'Daily use:',
  configure: (command, { start, done }) => {
    command.helpCommand('help [command]', helpDescription);
    const add = (name: string, description: string): Command =>
      stateOption(outputOptions(command.command(name).description(description)));

    add('list', 'List undelivered secrets and interrupted attempts').action(async (options) => {
      const { spoolList } = await import('../actions.ts');
      done(await spoolList(await start(options), options));
    });
    lockOption(add('deliver', 'Deliver secrets to their sinks'))
      .argument('[address...]', 'addresses of the tokens (default: all)')
      .action(async (addresses, options) => {
        const { spoolDeliver } = await import('../actions.ts');
        done(await spoolDeliver(await start(options), addresses, options));
      });
    lockOption(add('drop', 'Delete entries and their secrets'))
      .argument('<address...>', 'addresses of the tokens')
      .option('-y, --yes', "don't ask for approval", false)
      .action(async (addresses, options) => {
        const { spoolDrop } = await import('../actions.ts');
        done(await spoolDrop(await start(options), addresses, options));
      });
  },
};
