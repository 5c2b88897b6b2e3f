import type { CommandDefinition } from '../command.ts';
import { outputOptions } from '../options.ts';

/** Defines `reconcile demo`. */
export const demoCommand: CommandDefinition = {
  name: 'demo',
  description: 'Plan, apply and plan again on the examples, against the embedded APIs',
  group: 'Getting started:',
  configure: (command, { start, done }) => {
    outputOptions(command).action(async (options) => {
      const { demo } = await import('../demo.ts');
      done(await demo(await start(options), options));
    });
  },
};
