import { expect, test } from 'vitest';
import { maskPossibleSecrets, wordsOf } from '../../src/http/possible-secrets.ts';

const secret = 'Zx8kq0aBc9dEf7gH1';
const requested = wordsOf({
  path: '/registries/0b6d3f0e-1111-4222-8333-444455556666/tokens',
  body: { properties: { name: 'ci-push-20260101', expiryDate: '2027-06-30T00:00:00Z', scopes: [] } },
});

// A service may put the secret of a token that it refuses into any text of its response.
test.each([
  { why: 'by itself', text: `rejected: ${secret}`, masked: 'rejected: (sensitive)' },
  { why: 'in quotes, before a full stop', text: `"${secret}".`, masked: '(sensitive)' },
  { why: 'behind an equals sign', text: `password=${secret} refused`, masked: '(sensitive) refused' },
  { why: 'in JSON', text: `{"password":"${secret}"}`, masked: '(sensitive)' },
  { why: 'with signs in it', text: 'got Zx8k=q0aB:c9dE&f7gH', masked: 'got (sensitive)' },
  { why: 'with signs at its ends', text: 'got !Zx8kq0aBc9dEf7!', masked: 'got (sensitive)' },
  { why: 'of 16 characters', text: 'got abcdefghijklmno1', masked: 'got (sensitive)' },
  { why: 'beside a word of the request', text: `ci-push-20260101:${secret}`, masked: '(sensitive)' },
  { why: 'of other letters', text: 'got пароль1пароль2пар', masked: 'got (sensitive)' },
])('a word that could be a secret is masked: $why', ({ text, masked }) => {
  expect(maskPossibleSecrets(text, requested)).toBe(masked);
});

// What the user has written, and words that are no secret, say what is wrong.
test.each([
  { why: 'shorter than 16 characters', text: 'error abcdefghijklmn1.' },
  { why: 'without digits', text: 'insufficient-permissions for organization-administrators' },
  { why: 'without letters', text: 'at 1234567890123456789' },
  { why: 'in the request, in quotes', text: 'the name "ci-push-20260101" is taken' },
  { why: 'in the request, behind a label', text: 'name=ci-push-20260101, expiryDate:2027-06-30T00:00:00Z' },
  { why: 'in its path', text: 'no registry 0b6d3f0e-1111-4222-8333-444455556666' },
])('any other word stays: $why', ({ text }) => {
  expect(maskPossibleSecrets(text, requested)).toBe(text);
});

test('a hostile text takes linear time', () => {
  const quotes = `x${'"'.repeat(2_000_000)}x1`;
  expect(maskPossibleSecrets(quotes, requested)).toBe('(sensitive)');
});
