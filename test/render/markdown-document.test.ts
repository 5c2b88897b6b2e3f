import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { renderProblemsMarkdown } from '../../src/render/markdown-document.ts';
import { renderResultMarkdown } from '../../src/render/result-markdown.ts';
import { change, created, result } from './changes.ts';
import { asIs, isProtected, planMarkdown } from './markdown-fixtures.ts';

describe('a document fits into a comment', () => {
  const fits = (document: string): void => {
    expect(document.length).toBeLessThanOrEqual(60_000);
    expect(Buffer.byteLength(document)).toBeLessThanOrEqual(60_000);
  };
  const many = (count: number): readonly Change[] =>
    Array.from({ length: count }, (_, index) => ({
      ...created,
      address: `registry_token:team-a/漢字-${index}`,
    }));

  it('with a summary of all of 2,000 changes, and how many were left out', () => {
    const document = planMarkdown(many(2_000));
    fits(document);
    expect(document.length).toBeGreaterThan(50_000);
    expect(document).toContain('### Plan: 2000 to create.');
    const listed = [...document.matchAll(/^\| <code>/gm)].length;
    expect([...document.matchAll(/^<details>$/gm)]).toHaveLength(listed);
    expect([...document.matchAll(/^<\/details>$/gm)]).toHaveLength(listed);
    expect(document.trimEnd().split('\n').at(-1)).toBe(
      `**${2_000 - listed} more changes left out here: run \`reconcile plan\` for the rest.**`,
    );
  });

  it('and omits destructive changes last', () => {
    const document = planMarkdown([...many(2_000), change('legacy', 33, { action: 'delete' })]);
    expect(document).toContain('<code>team-a/legacy</code>');
  });

  test.each<{ why: string; document: () => string; says: string }>([
    {
      why: 'results',
      document: () =>
        renderResultMarkdown(
          many(2_000).map((_, index) => result(`t-${index}`, { action: 'create', status: 'applied' })),
          [],
          asIs,
        ),
      says: 'more changes left out here',
    },
    {
      why: 'refusals',
      document: () => planMarkdown(many(500), Array<Problem>(2_000).fill(isProtected)),
      says: '> - and ',
    },
    {
      why: 'problems',
      document: () => renderProblemsMarkdown(Array<Problem>(2_000).fill(isProtected), asIs),
      says: 'more errors left out here: run `reconcile plan` for the rest',
    },
    {
      why: 'a text that has no end',
      document: () => planMarkdown([change('@'.repeat(100_000), 1, { action: 'delete' })]),
      says: '&#64;<wbr>…</code>',
    },
    {
      why: 'a token with all the scopes there are',
      document: () => {
        const scopes = Array.from({ length: 2_000 }, (_, index) => `scope ${index}`);
        return planMarkdown([
          change('a', 1, { action: 'patch', fields: [{ field: 'scopes', before: [], after: scopes }] }),
        ]);
      },
      says: 'more lines left out here',
    },
  ])('whatever there is much of: $why', ({ document, says }) => {
    fits(document());
    expect(document()).toContain(says);
  });
});
