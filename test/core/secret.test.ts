import { format, inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { createMasker, Secret } from '../../src/core/secret.ts';

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

  it('gives its text to who asks for it', () => {
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
  ])('blanks a secret out: $why', ({ secret, text, masked }) => {
    expect(new Secret(secret).maskIn(text)).toBe(masked);
  });

  test('blanks out what is only perhaps a secret in what others send, and leaves our own words', () => {
    const masker = createMasker();
    masker.addUnsure(new Secret('acme-platform-team'));
    expect(masker.mask('no user acme-platform-team')).toBe('no user (sensitive)');
    expect(masker.maskLong('acme-platform-team/app')).toBe('acme-platform-team/app');
  });

  const short = new Secret('abc');
  const middling = new Secret('token');
  const long = new Secret('correct-horse');
  const text = 'abc token correct-horse';
  test.each([
    { why: 'nothing before a secret is known', secrets: [], mask: text, maskLong: text },
    {
      why: 'all but the shortest in texts of others, the long ones in our own',
      secrets: [short, middling, long],
      mask: 'abc (sensitive) (sensitive)',
      maskLong: 'abc token (sensitive)',
    },
  ])('blanks out the secrets of a run: $why', ({ secrets, mask, maskLong }) => {
    const masker = createMasker();
    for (const secret of secrets) masker.add(secret);
    expect(masker.mask(text)).toBe(mask);
    expect(masker.maskLong(text)).toBe(maskLong);
  });
});
