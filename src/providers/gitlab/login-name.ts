/**
 * Returns the user name for logins with an access token. GitLab ignores it, but it must not be empty, and Basic credentials
 * can't hold a colon in it: docs/services/gitlab.md, Logins.
 */
export function accessTokenLogin(name: string): string {
  // The lookbehind keeps the time linear for a hostile name.
  const safe = name.replace(/[:\s\p{C}]+/gu, '-').replace(/^-+|(?<!-)-+$/g, '');
  return safe === '' ? 'token' : safe;
}
