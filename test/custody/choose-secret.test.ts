import { expect, test } from 'vitest';
import { chooseSecret } from '../../src/custody/choose-secret.ts';

test('a chosen secret has 32 letters and digits, of each case and at least one digit', () => {
  const chosen = Array.from({ length: 200 }, () => chooseSecret().reveal());
  for (const text of chosen) expect(text).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{32}$/);
  expect(new Set(chosen).size).toBe(chosen.length);
});
