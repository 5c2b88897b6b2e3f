import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../../../src/custody/state/folder/lock.ts';
import type { ProcessTable } from '../../../../src/system/process-table.ts';
import { systemMachine as machineOf } from '../../../../src/system/system-machine.ts';
import { folderWith } from '../../../support/folder.ts';

const { signal } = new AbortController();
const systemMachine = machineOf(process);

/** Time that passes only by being waited for. */
function patience(seconds = 0, meanwhile: (waited: number) => Promise<void> = async () => undefined) {
  let time = 0;
  return {
    now: () => time,
    sleep: async (milliseconds: number) => {
      time += milliseconds;
      await meanwhile(time);
    },
    timeoutMilliseconds: seconds * 1000,
    signal,
  };
}

const elsewhere: ProcessTable = { ...systemMachine, host: 'elsewhere' };

async function lockPath(): Promise<string> {
  return join(await folderWith({}), 'lock');
}

describe('a lock', () => {
  it('is released by its owner, and leaves no file', async () => {
    const path = await lockPath();
    const release = await acquireLock(path, systemMachine, patience());
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      host: systemMachine.host,
      pid: systemMachine.pid,
      boot: expect.any(String),
    });
    await release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('of a run that is alive is respected, and the error says who holds it', async () => {
    const path = await lockPath();
    await acquireLock(path, systemMachine, patience());
    await expect(acquireLock(path, systemMachine, patience())).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`process ${systemMachine.pid} on ${systemMachine.host}`),
      hint: expect.stringContaining('--lock-timeout'),
    });
  });

  it('is waited for as long as is asked', async () => {
    const path = await lockPath();
    const release = await acquireLock(path, systemMachine, patience());
    const waitedFor: string[] = [];
    const second = acquireLock(path, systemMachine, {
      ...patience(5, async (waited) => {
        if (waited === 3000) await release();
      }),
      onWait: (owner) => waitedFor.push(owner),
    });
    await expect(second).resolves.toBeTypeOf('function');
    expect(waitedFor).toEqual([`process ${systemMachine.pid} on ${systemMachine.host}`]);
  });

  it.each([
    { why: 'is not running any more', machine: { ...systemMachine, isRunning: () => false }, owner: {} },
    { why: 'has a number that another process has now', machine: systemMachine, owner: { started: '1' } },
    { why: 'ran before the machine was started again', machine: systemMachine, owner: { boot: 'before' } },
  ])('of an owner that $why is taken over', async ({ machine, owner }) => {
    const path = await lockPath();
    await acquireLock(path, systemMachine, patience());
    const left = { ...JSON.parse(await readFile(path, 'utf8')), ...owner };
    await writeFile(path, JSON.stringify(left));
    await expect(acquireLock(path, machine, patience())).resolves.toBeTypeOf('function');
    expect(await readdir(join(path, '..'))).toEqual(['lock']);
  });

  it('of another machine is never taken over', async () => {
    const path = await lockPath();
    await acquireLock(path, { ...elsewhere, isRunning: () => false }, patience());
    await expect(acquireLock(path, systemMachine, patience())).rejects.toMatchObject({
      message: expect.stringContaining('on elsewhere'),
    });
  });

  it('that cannot be read is respected', async () => {
    const path = await lockPath();
    await writeFile(path, '');
    await expect(acquireLock(path, systemMachine, patience())).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('of a dead owner goes to one of those that want it', async () => {
    const path = await lockPath();
    await acquireLock(path, systemMachine, patience());
    const left = { ...JSON.parse(await readFile(path, 'utf8')), boot: 'before' };
    await writeFile(path, JSON.stringify(left));
    const takers = Array.from({ length: 5 }, () => acquireLock(path, systemMachine, patience()));
    const outcomes = await Promise.allSettled(takers);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not released for another run that has it now', async () => {
    const path = await lockPath();
    const release = await acquireLock(path, systemMachine, patience());
    await writeFile(path, 'another run');
    await release();
    expect(await readFile(path, 'utf8')).toBe('another run');
  });
});
