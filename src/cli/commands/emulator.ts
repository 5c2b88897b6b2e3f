import type { CommandDefinition } from '../command.ts';
import { port } from '../option-values.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile emulator`. */
export const emulatorCommand: CommandDefinition = {
  name: 'emulator',
  description: 'Serve the embedded APIs on loopback',
  group: 'Getting started:',
  examples: [['reconcile emulator --port 8080', 'try reconcile without an account']],
  configure: (command, { start, done }) => {
    outputOptions(command)
      .option('--port <n>', 'port to listen on; 0 for any free port', port, 0)
      .option(
        '--seed <file>',
        'initial content (default: examples/emulator/seed.yaml, which shows the format)',
      )
      .action(async (options) => {
        const { emulator } = await import('../emulator.ts');
        done(await emulator(await start(options), options));
      });
  },
};
