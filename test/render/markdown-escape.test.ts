import { describe, expect, test } from 'vitest';
import { createMasker, Secret } from '../../src/core/model/secret.ts';
import { escapeMarkdown } from '../../src/render/markdown-escape.ts';
import { change } from './changes.ts';
import { planMarkdown } from './markdown-fixtures.ts';

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
    { why: 'a mention', text: '@team', shown: '&#64;<wbr>team' },
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
