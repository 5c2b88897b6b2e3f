import { workFolder } from './records.ts';
import { storeProgram } from './scenarios/scenario.ts';
import type { Machine, Simulation } from './simulation.ts';

/** The folder of programs. */
export const programFolder = '/bin';
/** Where the sinks of machines are that share a state. */
export const sharedSinks = '/shared/secrets';

/** Gives a machine an empty disk with a checkout of the manifest. Only the folder of the sinks is the one that all share. */
export function checkOut({ disk }: Simulation, machine: Machine, manifest: string): void {
  disk.discard(`/${machine.name}`);
  disk.put(`${workFolder(machine)}/tokens.yaml`, manifest);
  disk.put(`/${machine.name}${programFolder}/${storeProgram}`, 'a program');
  disk.share(sharedSinks, `${workFolder(machine)}/secrets`);
}
