import { format, inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { createMasker, Secret } from '../../../src/core/model/secret.ts';

describe('a Secret', () => {
  const secret = new Secret('hunter2');
  test.each([
    { why: 'in a template', text: `${secret}` },
    { why: 'added to a text', text: `x${String(secret)}` },
    { why: 'as JSON', text: JSON.stringify({ secret }) },
    { why: 'inspected', text: inspect({ secret }, { showHidden: true, depth: null }) },
    { why: 'formatted', text: format('%s %o %j', secret, secret, secret) },
    { why: 'in the message of an error', text: new Error(`failed: ${secret}`).message },
    { why: 'spread into an object', text: JSON.stringify({ ...secret }) },
  ])('does not show $why', ({ text }) => {
    expect(text).not.toContain('hunter2');
  });

  it('reveals its text on request', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('masking', () => {
  test.each([
    {
      why: 'wherever it stands',
      secret: 'hunter2',
      text: 'a hunter2 b hunter2',
      masked: 'a (sensitive) b (sensitive)',
    },
    { why: 'as JSON spells it', secret: 'a"b', text: '{"p":"a\\"b"}', masked: '{"p":"(sensitive)"}' },
    { why: 'as URLs spell it', secret: 'a b/c', text: '?p=a%20b%2Fc', masked: '?p=(sensitive)' },
    { why: 'signs that patterns know', secret: '$&.*', text: 'x$&.*x', masked: 'x(sensitive)x' },
    { why: 'an empty one is nowhere', secret: '', text: 'abc', masked: 'abc' },
    { why: 'in lower case', secret: 'Hunter2', text: 'a hunter2', masked: 'a (sensitive)' },
    { why: 'in upper case', secret: 'Hunter2', text: 'a HUNTER2', masked: 'a (sensitive)' },
    { why: 'in upper case that is longer', secret: 'straße1', text: 'a STRASSE1', masked: 'a (sensitive)' },
    { why: 'in a text of other lengths', secret: 'hunter2', text: 'İİ hunter2', masked: 'İİ (sensitive)' },
    { why: 'as forms spell it', secret: 'a b/c', text: '?p=a+b%2fc', masked: '?p=(sensitive)' },
    { why: 'as HTML spells it', secret: 'a<b&"c', text: '<b>a&lt;b&amp;&quot;c', masked: '<b>(sensitive)' },
    { why: 'in base64', secret: 'hunter2?', text: 'aHVudGVyMj8=', masked: '(sensitive)=' },
    { why: 'in base64 for URLs', secret: 'hunter>>?', text: 'aHVudGVyPj4_', masked: '(sensitive)' },
    { why: 'as we print lines', secret: 'one\ntwo', text: 'is one\\u000atwo', masked: 'is (sensitive)' },
    { why: 'as we print commands', secret: 'a ::b', text: 'is a \\u003a:b', masked: 'is (sensitive)' },
    { why: 'half of a character', secret: 'a\ud800b', text: 'is a\ud800b', masked: 'is (sensitive)' },
  ])('blanks a secret out: $why', ({ secret, text, masked }) => {
    expect(new Secret(secret).maskIn(text)).toBe(masked);
  });

  test('blanks out a possible secret in external text, but not in ours', () => {
    const masker = createMasker();
    masker.addReference(new Secret('acme-platform-team'));
    expect(masker.maskExternal('no user acme-platform-team')).toBe('no user (sensitive)');
    expect(masker.maskOwn('acme-platform-team/app')).toBe('acme-platform-team/app');
  });

  // The author of a manifest can have any variable read, so the value of a reference is blanked out wherever it is.
  test.each([
    {
      why: 'in our own text',
      secret: 'Acme-Platform-Team',
      text: 'acme-platform-team/app',
      masked: '(sensitive)/app',
    },
    {
      why: 'each of its lines',
      secret: 'line-number-1\nline-number-2',
      text: 'at line-number-2',
      masked: 'at (sensitive)',
    },
    {
      why: 'a short one with digits, as a word',
      secret: 'hunter2',
      text: 'HUNTER2, hunter22',
      masked: '(sensitive), hunter22',
    },
    { why: 'but no word of ours by chance', secret: 'token', text: 'a token', masked: 'a token' },
  ])('blanks out what a reference led to: $why', ({ secret, text, masked }) => {
    const masker = createMasker();
    masker.addReferenced(secret);
    expect(masker.maskOwn(text)).toBe(masked);
  });

  test('blanks out a resolved reference in external text, however short', () => {
    const masker = createMasker();
    for (const text of ['Zq9', 'token']) masker.addReferenced(text);
    expect(masker.maskExternal('no user zq9: bad TOKEN, Zq99')).toBe(
      'no user (sensitive): bad (sensitive), Zq99',
    );
  });

  test('finds each of many secrets, the longer of two first', () => {
    const masker = createMasker();
    const texts = Array.from({ length: 2_000 }, (_, index) => `dckr-secret-${index}-${index}`);
    for (const text of texts) masker.add(new Secret(text));
    for (const text of [texts[1], texts[11], texts[1_111], texts[1_999]]) {
      expect(masker.maskOwn(`<${text}>`)).toBe('<(sensitive)>');
    }
    masker.add(new Secret('added-later-1'));
    expect(masker.maskOwn('<added-later-1>')).toBe('<(sensitive)>');
  });

  const short = new Secret('abc');
  const middling = new Secret('token');
  const long = new Secret('correct-horse');
  const text = 'abc token correct-horse';
  test.each([
    { why: 'nothing before a secret is known', secrets: [], maskExternal: text, maskOwn: text },
    {
      why: 'all but the shortest in texts of others, the long ones in our own',
      secrets: [short, middling, long],
      maskExternal: 'abc (sensitive) (sensitive)',
      maskOwn: 'abc token (sensitive)',
    },
  ])('blanks out the secrets of a run: $why', ({ secrets, maskExternal, maskOwn }) => {
    const masker = createMasker();
    for (const secret of secrets) masker.add(secret);
    expect(masker.maskExternal(text)).toBe(maskExternal);
    expect(masker.maskOwn(text)).toBe(maskOwn);
  });
});
