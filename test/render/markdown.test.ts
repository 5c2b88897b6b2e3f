import { expect, it } from 'vitest';
import { renderProblemsMarkdown } from '../../src/render/markdown-document.ts';
import { asIs } from './markdown-fixtures.ts';

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
