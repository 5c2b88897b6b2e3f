import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { finished } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';
import { root, textOf } from './recipe.ts';

describe('the image', () => {
  test('is built on pinned bases, runs without privileges, and takes nothing from elsewhere', async () => {
    const lines = (await textOf('Dockerfile')).split('\n').filter((line) => /^[A-Z]/.test(line));
    const of = (instruction: string): readonly string[] =>
      lines
        .filter((line) => line.startsWith(`${instruction} `))
        .map((line) => line.slice(instruction.length + 1));
    expect(of('FROM')).toHaveLength(2);
    for (const base of of('FROM'))
      expect(base).toMatch(/^node:\d+\.\d+\.\d+-\S+-slim@sha256:[0-9a-f]{64}( AS \w+)?$/);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')));
    expect(last.filter((line) => line.startsWith('USER'))).toEqual(['USER 1000:1000']);
    expect(last.findIndex((line) => line.startsWith('USER'))).toBeLessThan(
      last.findIndex((line) => line.startsWith('ENTRYPOINT')),
    );
    expect(last.filter((line) => line.startsWith('RUN'))).toEqual([]);
    expect([...of('ADD'), ...of('ARG')]).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/token|password|secret|https?:/i);
  });

  test('is given what it copies, and nothing else', async () => {
    const copied = (await textOf('Dockerfile'))
      .split('\n')
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const rules = (await textOf('.dockerignore'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    const letIn = rules.filter((line) => /^![^*]/.test(line)).map((line) => line.slice(1));
    expect(letIn.sort()).toEqual([...new Set(copied)].sort());
    expect(rules).toEqual(expect.arrayContaining(['**/.reconcile', '**/secrets/*']));
  });

  test('needs no dependencies: the program runs without any', async () => {
    const cwd = await folderWith({});
    for (const path of ['dist', 'examples', 'package.json']) {
      await cp(join(root, path), join(cwd, path), { recursive: true });
    }
    const { code } = await finished('node', ['dist/reconcile.js', 'demo', '--log-level', 'debug'], { cwd });
    expect(code).toBe(0);
  });
});
