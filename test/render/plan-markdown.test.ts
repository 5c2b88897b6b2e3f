import { describe, expect, it } from 'vitest';
import { change, created } from './changes.ts';
import { isProtected, planMarkdown } from './markdown-fixtures.ts';

describe('a plan as Markdown', () => {
  it('has a summary, lists the changes, and folds the details; no-ops are only counted', () => {
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
        fields: [{ field: 'name', before: 'old-name', after: 'new-name', isName: true }],
      }),
      change('same', 40, { action: 'noop', reason: 'as declared' }),
    ]);
    expect(document).toMatchInlineSnapshot(`
      "### Plan: 1 to create, 1 to patch, 1 to replace. 1 unchanged.

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

      - drift: the live token has changed since the last apply, and the manifest has not
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

  it('begins with guards, errors and deletions', () => {
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
      "### Plan: 1 to create, 1 to delete. 1 unchanged. 1 error.

      > [!CAUTION]
      > **Refused: nothing was written.**
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

  it('is one line without changes', () => {
    expect(planMarkdown([change('same', 1, { action: 'noop' })])).toBe(
      '### No changes. Tokens match the manifests. 1 unchanged.\n',
    );
  });
});
