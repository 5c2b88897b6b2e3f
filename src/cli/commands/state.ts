import type { Command } from 'commander';
import { type CommandDefinition, helpDescription } from '../command.ts';
import { lockOption, outputOptions, stateKeyOption, stateOption, trackedStateOption } from '../options.ts';

/** Defines `reconcile state show`, `move`, `key` and `unlock`. */
export const stateCommand: CommandDefinition = {
  name: 'state',
  description: 'Manage the state: the ledger, the spool and the lock',
  group: 'Daily use:',
  examples: [
    [
      'reconcile state show --state git:origin',
      'show the state in the branch reconcile-state of the remote origin',
    ],
    ['reconcile state move --from file:.reconcile --to git:origin', 'move the state of this folder there'],
  ],
  configure: (command, { start, done }) => {
    command.helpCommand('help [command]', helpDescription);
    const add = (name: string, description: string): Command =>
      outputOptions(command.command(name).description(description));

    stateOption(add('show', 'Print the ledger, the spool and the lock')).action(async (options) => {
      const { stateShow } = await import('../actions.ts');
      done(await stateShow(await start(options), options));
    });
    trackedStateOption(
      stateKeyOption(lockOption(add('move', 'Move the ledger and the spool to an empty place'))),
    )
      .requiredOption('--from <location>', 'location of the state: file:DIR, git:REMOTE or git:REMOTE#BRANCH')
      .requiredOption('--to <location>', 'location to move it to')
      .action(async (options) => {
        const { stateMove } = await import('../actions.ts');
        done(await stateMove(await start(options), options));
      });
    add('key', 'Create a key for the secrets in a branch')
      .option('-o, --out <file>', 'write it to a new file that only you can read, instead of stdout')
      .action(async (options) => {
        const { stateKey } = await import('../actions.ts');
        done(await stateKey(await start(options), options));
      });
    stateOption(add('unlock', 'Remove the lock of a run that is surely dead'))
      .option('-y, --yes', "don't ask for approval", false)
      .action(async (options) => {
        const { stateUnlock } = await import('../actions.ts');
        done(await stateUnlock(await start(options), options));
      });
  },
};
