/** Maximum number of tokens in a run; each takes a few kilobytes. */
export const maxTokens = 250_000;

/** Maximum number of prune rules in a run: each is compared with every live token of its scope. */
export const maxPruneRules = 1000;

/** Maximum number of problems, after which nothing more is read. */
export const maxProblems = 10_000;
