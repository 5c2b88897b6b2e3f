type Contexts = Readonly<Record<string, unknown>>;

/** Evaluates an expression of GitHub Actions, which but for its texts and its names with dashes is one of JavaScript. */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const source = expression.replace(/'((?:[^']|'')*)'|\.([A-Za-z_][\w-]*)/g, (_, text, key) =>
    key === undefined ? JSON.stringify(text.replaceAll("''", "'")) : `?.[${JSON.stringify(key)}]`,
  );
  const run = new Function(...Object.keys(contexts), `return (${source});`);
  return run(...Object.values(contexts));
}

/** Fills in the expressions of a text. What no context has is empty, as on GitHub; but not what `github` should have. */
export function filled(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    const value = evaluate(expression, contexts);
    if (value === undefined && expression.startsWith('github.'))
      throw new Error(`the test lacks ${expression}`);
    return String(value ?? '');
  });
}
