import { describe, expect, test } from 'vitest';
import type { Action, Change } from '../../src/core/model/plan.ts';
import { independentChanges, phasesOf } from '../../src/execute/phases.ts';

function change(address: string, action: Action, more: Partial<Change> = {}): Change {
  return { address, entryAddress: address, action, supersededToken: null, ...more } as Change;
}

/** Returns the delete of a token that the entry `entryAddress` has superseded. */
function oldOf(entryAddress: string, more: { readonly expired?: true } = {}): Change {
  const supersededToken = { id: 'old', name: 'ci', created: 1, successor: 'ci', ...more };
  return change(`${entryAddress}/old`, 'delete', { entryAddress, supersededToken });
}

const phases = (...changes: readonly Change[]) =>
  [...phasesOf(changes)].map(({ name, changes: own }) => [name, ...own.map(({ address }) => address)]);

describe('the phases of a run', () => {
  test('are deliveries, other writes, creates, and deletes of superseded tokens', () => {
    const pending = [oldOf('new'), change('new', 'create'), change('p', 'patch'), change('d', 'deliver')];
    expect(phases(...pending, change('x', 'delete'), change('r', 'replace'))).toEqual([
      ['deliveries', 'd'],
      ['other writes', 'p', 'x', 'r'],
      ['creates', 'new'],
      ['superseded tokens', 'new/old'],
    ]);
  });

  test('leave out those without changes', () => {
    expect(phases()).toEqual([]);
    expect(phases(change('a', 'create'))).toEqual([['creates', 'a']]);
  });

  test('let the deletes of superseded tokens wait until all others are completed', () => {
    const pending = [change('d', 'deliver'), oldOf('d')];
    expect([...phasesOf(pending)].map(({ after }) => after)).toEqual(['sent', 'completed']);
  });

  test('have a lane of their own for creates only', () => {
    const pending = [change('d', 'deliver'), change('p', 'patch'), change('c', 'create'), oldOf('c')];
    expect([...phasesOf(pending)].map(({ lane }) => lane)).toEqual([
      'requests',
      'requests',
      'creates',
      'requests',
    ]);
  });
});

describe('a superseded token', () => {
  test('whose entry has no change of its own is deleted with the other writes', () => {
    expect(phases(oldOf('unchanged'), change('c', 'create'))).toEqual([
      ['other writes', 'unchanged/old'],
      ['creates', 'c'],
    ]);
  });

  test('that has expired does not wait for its successor', () => {
    expect(phases(oldOf('c', { expired: true }), change('c', 'create'))).toEqual([
      ['other writes', 'c/old'],
      ['creates', 'c'],
    ]);
  });

  test('that waits is not among the writes that the final listing waits for', () => {
    const pending = [oldOf('c'), change('c', 'create'), oldOf('unchanged')];
    expect(independentChanges(pending).map(({ address }) => address)).toEqual(['c', 'unchanged/old']);
  });
});
