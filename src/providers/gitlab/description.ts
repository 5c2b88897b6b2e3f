/** Maximum length of a description that GitLab stores: docs/services/gitlab.md, Access tokens. */
const maxStoredLength = 255;

/** Maximum length of a description in a manifest. The rest is room for the mark. */
export const maxDescriptionLength = 180;

const mark = /^(?:([\s\S]*) )?\[(reconcile\/\S+ \([^\s()]+\))\]$/;

/** Returns a description with the mark of a create at its end. A mark that doesn't fit is left out: it proves nothing then. */
export function withMark(description: string, program: string, nonce: string): string {
  const marked = `${description === '' ? '' : `${description} `}[${program} (${nonce})]`;
  return marked.length <= maxStoredLength ? marked : description;
}

/** Returns a description without the mark, and the mark; `null` if it has none. */
export function splitMark(text: string): { readonly description: string; readonly mark: string | null } {
  const [, description = '', found] = mark.exec(text) ?? [];
  return found === undefined ? { description: text, mark: null } : { description, mark: found };
}
