import { describe, expect, it } from 'vitest';
import { renderResultMarkdown } from '../../src/render/result-markdown.ts';
import { result } from './changes.ts';
import { asIs, isProtected } from './markdown-fixtures.ts';

describe('a result as Markdown', () => {
  it('begins with the failures, and reports every change', () => {
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
      "### Apply: 1 created. 1 unchanged. 1 failed, 1 not run.

      | | token | declared at |
      |---|---|---|
      | <code>-/+</code> failed | registry_token <code>team-a/deploy</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      | <code>-</code> not run | registry_token <code>team-a/late</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      | <code>+</code> created | registry_token <code>team-a/ci-push</code> | <code>tokens.yaml&#58;<wbr>1</code> |

      <details>
      <summary><code>-/+</code> failed registry_token <code>team-a/deploy</code></summary>

      - **API_REJECTED**: no<br>→ run again
      - changes made before the failure stay in place

      </details>

      <details>
      <summary><code>+</code> created registry_token <code>team-a/ci-push</code></summary>

      - secret → <code>file secrets/ci-push.json</code>

      </details>
      "
    `);
  });

  it('reports that nothing was done if the plan was rejected', () => {
    const results = [result('x', { action: 'delete', status: 'not_run' })];
    expect(renderResultMarkdown(results, [isProtected], asIs)).toMatchInlineSnapshot(`
      "### Apply: 1 not run.

      > [!CAUTION]
      > **Refused: nothing was written.**
      >
      > - <code>tokens.yaml&#58;<wbr>3</code> **PLAN_UNSAFE**: team-a/x is protected<br>→ take protected: true out

      | | token | declared at |
      |---|---|---|
      | <code>-</code> not run | registry_token <code>team-a/x</code> | <code>tokens.yaml&#58;<wbr>1</code> |
      "
    `);
  });
});
