/**
 * Tells whether Git accepts a text as a branch's name: the rules of git-check-ref-format(1) with `--branch`. Control
 * characters beyond ASCII are not accepted either.
 */
export function isBranchName(name: string): boolean {
  return (
    name !== '' &&
    name !== 'HEAD' &&
    name !== '@' &&
    !/^[-/]|[/.]$|\.\.|\/\/|@\{|[\p{Cc}\p{Cs}~^:?*[\\ ]/u.test(name) &&
    name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
  );
}
