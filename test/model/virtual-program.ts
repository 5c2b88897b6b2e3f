import type { ProgramResult, ProgramRun } from '../../src/system/run-program.ts';

let run = async ({ program }: ProgramRun): Promise<ProgramResult> => {
  throw new Error(`no simulation runs ${program}`);
};

/** Sets the function that runs programs. */
export function useProgram(other: (job: ProgramRun) => Promise<ProgramResult>): void {
  run = other;
}

// In the place of src/system/run-program.ts by vi.mock.

export const runProgram = (job: ProgramRun): Promise<ProgramResult> => run(job);
