import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import type { Change, Plan } from '../../src/core/model/plan.ts';
import { createMasker, Secret } from '../../src/core/model/secret.ts';
import { renderProblemsMarkdown } from '../../src/render/markdown-document.ts';
import { escapeMarkdown } from '../../src/render/markdown-escape.ts';
import { renderPlanMarkdown } from '../../src/render/plan-markdown.ts';
import { renderResultMarkdown } from '../../src/render/result-markdown.ts';
import { change, created, result } from './changes.ts';

const asIs = (text: string): string => text;

function planMarkdown(changes: readonly Change[], guards: Plan['guards'] = [], mask = asIs): string {
  return renderPlanMarkdown({ version: 1, changes, guards, digest: 'sha256:0' }, mask);
}

const isProtected: Problem = {
  code: 'PLAN_UNSAFE',
  message: 'team-a/x is protected',
  hint: 'take protected: true out',
  source: { file: 'tokens.yaml', line: 3, column: 5 },
};

describe('a plan as Markdown', () => {
  it('sums up, lists what changes, and folds the details; what does nothing is only counted', () => {
    const document = planMarkdown([
      created,
      change('deploy', 18, {
        action: 'patch',
        cause: 'drift',
        fields: [
          { field: 'status', before: 'enabled', after: 'disabled' },
          {
            field: 'scopes',
            before: [{ type: 'repository', name: 'app', actions: ['pull'] }],
            after: [{ type: 'repository', name: 'web', actions: ['pull'] }],
          },
        ],
      }),
      change('new-name', 27, {
        action: 'replace',
        replaceOrder: 'create_first',
        fields: [{ field: 'name', before: 'old-name', after: 'new-name' }],
      }),
      change('same', 40, { action: 'noop', reason: 'as declared' }),
    ]);
    expect(document).toMatchInlineSnapshot(`
      "### Plan: 1 to create, 1 to patch, 1 to replace, 0 to delete. 1 unchanged.

      | | token | declared at |
      |---|---|---|
      | <code>-/+</code> replace | registry_token <code>team-a/old-name → new-name</code> | <code>tokens.yaml&#58;<wbr>27</code> |
      | <code>&#126;</code> patch | registry_token <code>team-a/deploy</code> | <code>tokens.yaml&#58;<wbr>18</code> |
      | <code>+</code> create | registry_token <code>team-a/ci-push</code> | <code>tokens.yaml&#58;<wbr>9</code> |

      <details>
      <summary><code>-/+</code> replace registry_token <code>team-a/old-name → new-name</code></summary>

      - <code>name</code>: <code>old-name</code> → <code>new-name</code>, immutable: new token first, then the old one is deleted

      </details>

      <details>
      <summary><code>&#126;</code> patch registry_token <code>team-a/deploy</code></summary>

      - drift: the live token has changed since it was last applied, and the manifest has not
      - <code>status</code>: <code>enabled</code> → <code>disabled</code>
      - <code>scopes</code>: − <code>repository app: pull</code>
      - <code>scopes</code>: + <code>repository web: pull</code>

      </details>

      <details>
      <summary><code>+</code> create registry_token <code>team-a/ci-push</code></summary>

      - **reason**: no token has this name
      - <code>scopes</code>: + <code>repository app: pull, push</code>
      - <code>expiry&#95;date</code>: <code>2027-06-30T00&#58;<wbr>00&#58;<wbr>00Z</code>
      - secret → <code>file secrets/ci-push.json</code>

      </details>
      "
    `);
  });

  it('begins with what was refused, and with errors and deletions', () => {
    const document = planMarkdown(
      [
        created,
        change('foreign', 5, { action: 'noop', warnings: ['its secret is not known to be in a sink'] }),
        change('legacy', 33, { action: 'delete', reason: 'declared absent' }),
        change('bad', 3, {
          action: 'error',
          error: { code: 'IMMUTABLE', message: "name can't be changed", hint: 'set allow_replace: true' },
        }),
      ],
      [isProtected],
    );
    expect(document).toMatchInlineSnapshot(`
      "### Plan: 1 to create, 0 to patch, 0 to replace, 1 to delete. 1 unchanged. 1 error.

      > [!CAUTION]
      > **Refused: nothing is written.**
      >
      > - <code>tokens.yaml&#58;<wbr>3</code> **PLAN_UNSAFE**: team-a/x is protected<br>→ take protected: true out

      | | token | declared at |
      |---|---|---|
      | <code>!</code> error | registry_token <code>team-a/bad</code> | <code>tokens.yaml&#58;<wbr>3</code> |
      | <code>-</code> delete | registry_token <code>team-a/legacy</code> | <code>tokens.yaml&#58;<wbr>33</code> |
      | <code>+</code> create | registry_token <code>team-a/ci-push</code> | <code>tokens.yaml&#58;<wbr>9</code> |
      | unchanged | registry_token <code>team-a/foreign</code> | <code>tokens.yaml&#58;<wbr>5</code> |

      <details>
      <summary><code>!</code> error registry_token <code>team-a/bad</code></summary>

      - **IMMUTABLE**: name can't be changed<br>→ set allow&#95;replace: true

      </details>

      <details>
      <summary><code>-</code> delete registry_token <code>team-a/legacy</code></summary>

      - **reason**: declared absent

      </details>

      <details>
      <summary><code>+</code> create registry_token <code>team-a/ci-push</code></summary>

      - **reason**: no token has this name
      - <code>scopes</code>: + <code>repository app: pull, push</code>
      - <code>expiry&#95;date</code>: <code>2027-06-30T00&#58;<wbr>00&#58;<wbr>00Z</code>
      - secret → <code>file secrets/ci-push.json</code>

      </details>

      <details>
      <summary>unchanged registry_token <code>team-a/foreign</code></summary>

      - **warning**: its secret is not known to be in a sink

      </details>
      "
    `);
  });

  it('is one line where nothing changes', () => {
    expect(planMarkdown([change('same', 1, { action: 'noop' })])).toBe('### No changes. 1 unchanged.\n');
  });
});

describe('what was done, as Markdown', () => {
  it('begins with what failed, and tells what became of everything', () => {
    const document = renderResultMarkdown(
      [
        result('ci-push', {
          action: 'create',
          status: 'applied',
          deliveredTo: ['file:secrets/ci-push.json'],
        }),
        result('deploy', {
          action: 'replace',
          status: 'failed',
          changed: true,
          error: { code: 'API_REJECTED', message: 'no', hint: 'run again' },
        }),
        result('late', { action: 'delete', status: 'not_run' }),
        result('same', { action: 'noop', status: 'unchanged' }),
      ],
      [],
      asIs,
    );
    expect(document).toMatchInlineSnapshot(`
      "### Apply: 1 created, 0 patched, 0 replaced, 0 deleted. 1 unchanged. 1 failed, 1 not run.

      | | token | declared at |
      |---|---|---|
      | <code>-/+</code> failed | registry_token <code>team-a/deploy</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      | <code>-</code> not run | registry_token <code>team-a/late</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      | <code>+</code> created | registry_token <code>team-a/ci-push</code> | <code>tokens.yaml&#58;<wbr>1</code> |

      <details>
      <summary><code>-/+</code> failed registry_token <code>team-a/deploy</code></summary>

      - **API_REJECTED**: no<br>→ run again
      - what was done before that stays done

      </details>

      <details>
      <summary><code>+</code> created registry_token <code>team-a/ci-push</code></summary>

      - secret → <code>file secrets/ci-push.json</code>

      </details>
      "
    `);
  });

  it('says that nothing was, where the plan was refused', () => {
    const results = [result('x', { action: 'delete', status: 'not_run' })];
    expect(renderResultMarkdown(results, [isProtected], asIs)).toMatchInlineSnapshot(`
      "### Apply: 0 created, 0 patched, 0 replaced, 0 deleted. 0 unchanged. 1 not run.

      > [!CAUTION]
      > **Refused: nothing is written.**
      >
      > - <code>tokens.yaml&#58;<wbr>3</code> **PLAN_UNSAFE**: team-a/x is protected<br>→ take protected: true out

      | | token | declared at |
      |---|---|---|
      | <code>-</code> not run | registry_token <code>team-a/x</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      "
    `);
  });
});

it('problems as Markdown have their place, and what to do', () => {
  const document = renderProblemsMarkdown(
    [
      {
        code: 'MANIFEST_INVALID',
        message: 'unknown key stauts',
        hint: 'did you mean status?',
        source: { file: 'a.yaml', line: 6, column: 5, path: 'tokens[0].stauts' },
      },
      { code: 'AUTH', message: 'the login was refused' },
    ],
    asIs,
  );
  expect(document).toMatchInlineSnapshot(`
    "### Failed: 2 errors

    - <code>a.yaml&#58;<wbr>6</code> <code>tokens&#91;0&#93;.stauts</code> **MANIFEST_INVALID**: unknown key stauts<br>→ did you mean status?
    - **AUTH**: the login was refused
    "
  `);
});

describe('a text of others stays text', () => {
  test.each([
    { why: 'a cell ends', text: 'a|b', shown: 'a&#124;b' },
    { why: 'code begins', text: '`a`', shown: '&#96;a&#96;' },
    { why: 'an escape', text: '\\|', shown: '&#92;&#124;' },
    { why: 'HTML', text: '<img onerror>', shown: '&#60;img onerror&#62;' },
    { why: 'the end of what is folded', text: '</details>', shown: '&#60;/details&#62;' },
    { why: 'a character of HTML', text: '&lt;', shown: '&#38;lt;' },
    { why: 'a link', text: '[x](javascript:1)', shown: '&#91;x&#93;(javascript&#58;<wbr>1)' },
    { why: 'a link without signs', text: 'https://a.example', shown: 'https&#58;<wbr>//a.example' },
    { why: 'one without a scheme', text: 'www.a.example', shown: 'www<wbr>.a.example' },
    { why: 'somebody is called', text: '@team', shown: '&#64;<wbr>team' },
    { why: 'an issue', text: 'o/r#123, GH-123', shown: 'o/r&#35;<wbr>123, GH-<wbr>123' },
    { why: 'emphasis', text: '*a* _b_ ~c~', shown: '&#42;a&#42; &#95;b&#95; &#126;c&#126;' },
    { why: 'a formula', text: '$a$', shown: '&#36;<wbr>a&#36;<wbr>' },
    { why: 'a new line', text: 'a\n# b', shown: 'a&#92;u000a&#35;<wbr> b' },
    {
      why: 'a command of the runner',
      text: '::error::x',
      shown: '&#92;u003a&#58;<wbr>error&#58;<wbr>&#58;<wbr>x',
    },
    { why: 'a colon as it is, where words follow', text: 'a: b', shown: 'a: b' },
    {
      why: 'letters, digits and dashes as they are',
      text: 'ci-push 漢字 🙂 1.5',
      shown: 'ci-push 漢字 🙂 1.5',
    },
  ])('$why', ({ text, shown }) => {
    expect(escapeMarkdown(text)).toBe(shown);
  });

  test('a secret is blanked out before it is escaped, and so found', () => {
    const masker = createMasker();
    masker.add(new Secret('pass_word|with@signs'));
    const document = planMarkdown(
      [change('pass_word|with@signs', 1, { action: 'delete' })],
      [],
      masker.maskOwn,
    );
    expect(document).toContain('<code>team-a/(sensitive)</code>');
  });
});

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
    expect(document).toContain('### Plan: 2000 to create,');
    const listed = [...document.matchAll(/^\| <code>/gm)].length;
    expect([...document.matchAll(/^<details>$/gm)]).toHaveLength(listed);
    expect([...document.matchAll(/^<\/details>$/gm)]).toHaveLength(listed);
    expect(document.trimEnd().split('\n').at(-1)).toBe(
      `**${2_000 - listed} more changes left out here: run \`reconcile plan\` for the rest.**`,
    );
  });

  it('and what can do harm is the last to be left out', () => {
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
