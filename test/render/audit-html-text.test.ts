import { expect, test } from 'vitest';
import { escaped, wrappable } from '../../src/render/audit-html-text.ts';

const word = (text: string): string => `<span class="word">${text}</span>`;

test('names are escaped in text and attributes', () => {
  expect(escaped(`<b title="x">'&'</b>`)).toBe('&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;');
  expect(wrappable('<script>')).toBe(word('&lt;script&gt;'));
});

test('text breaks between words, and not after hyphens', () => {
  expect(wrappable('expires on 2027-01-31T00:00:00Z, in 9 days')).toBe(
    `expires on ${word('2027-01-31T00:00:00Z,')} in 9 days`,
  );
});

test('a long address breaks after a colon or slash', () => {
  expect(wrappable('docker_hub_organization_token:acme/ci-push')).toBe(
    `${word('docker_hub_organization_token:')}<wbr>${word('acme/ci-push')}`,
  );
});

test('a long name breaks at its separators', () => {
  expect(wrappable('payment-gateway-of-production-in-frankfurt')).toBe(
    `${word('payment-gateway-of-production-')}<wbr>${word('in-frankfurt')}`,
  );
});

test('a name without separators breaks anywhere, and wide characters count twice', () => {
  expect(wrappable('x'.repeat(31))).toBe(`<span class="long">${'x'.repeat(31)}</span>`);
  expect(wrappable('字'.repeat(15))).toBe(word('字'.repeat(15)));
  expect(wrappable('字'.repeat(16))).toBe(`<span class="long">${'字'.repeat(16)}</span>`);
});

test('the text is unchanged', () => {
  const text = `a  b ${'c/'.repeat(40)}:${'d-e_f.'.repeat(20)} ${'g'.repeat(200)} `;
  expect(wrappable(text).replace(/<[^>]*>/g, '')).toBe(text);
});
