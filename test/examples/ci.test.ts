import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import actionSchema from '../support/ci-schemas/github-action.schema.json' with { type: 'json' };
import workflowSchema from '../support/ci-schemas/github-workflow.schema.json' with { type: 'json' };
import pipelineSchema from '../support/ci-schemas/gitlab-ci.schema.json' with { type: 'json' };
import kubernetesSchema from '../support/ci-schemas/kubernetes.schema.json' with { type: 'json' };
import hooksSchema from '../support/ci-schemas/pre-commit-hooks.schema.json' with { type: 'json' };
import { finished } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';
import { documentsOf, textOf, type Workflow } from './recipe.ts';
import { runnerWith } from './runner.ts';

const workflows = ['plan', 'apply', 'apply-shards', 'drift'].map((name) => `examples/ci/github/${name}.yaml`);
const own = ['ci', 'release'].map((name) => `.github/workflows/${name}.yml`);
const pipeline = 'examples/ci/gitlab/.gitlab-ci.yml';
const cronJob = 'examples/ci/kubernetes/cronjob.yaml';
const gitCronJob = 'examples/ci/kubernetes/cronjob-git.yaml';
const indexedJob = 'examples/ci/kubernetes/indexed-job.yaml';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });

test.each([
  ...[...workflows, ...own].map((path) => ({ path, schema: workflowSchema })),
  { path: 'action.yml', schema: actionSchema },
  { path: pipeline, schema: pipelineSchema },
  { path: cronJob, schema: kubernetesSchema },
  { path: gitCronJob, schema: kubernetesSchema },
  { path: indexedJob, schema: kubernetesSchema },
  { path: '.pre-commit-hooks.yaml', schema: hooksSchema },
])('$path is what its format allows, and what we demand of it', async ({ path, schema }) => {
  const valid = ajv.compile(schema);
  const documents = await documentsOf(path);
  expect(documents).not.toEqual([]);
  for (const document of documents) expect(valid(document), ajv.errorsText(valid.errors)).toBe(true);
  ajv.removeSchema(schema);
});

/** All that stands under these keys, wherever that is. */
function under(value: unknown, keys: readonly string[]): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    keys.includes(key) && (typeof inner !== 'object' || Array.isArray(inner)) ? [inner] : under(inner, keys),
  );
}

test.each([...workflows, ...own, 'action.yml', pipeline])(
  'the scripts of %s are ones that bash can read',
  async (path) => {
    const cwd = await folderWith({});
    const scripts = under(await documentsOf(path), ['run', 'script', 'before_script', 'after_script']).flat();
    expect(scripts).not.toEqual([]);
    for (const script of scripts) {
      expect(await finished('bash', ['-n', '-c', String(script)], { cwd })).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    }
  },
);

test.each([...workflows, pipeline])(
  '%s keeps the state in a branch, and nothing of it in a cache or an artifact',
  async (path) => {
    const documents = await documentsOf(path);
    expect(under(documents, ['RECONCILE_STATE'])).toEqual([
      expect.stringMatching(/^git:(origin|\$CI_REPOSITORY_URL)$/),
    ]);
    expect(await textOf(path)).not.toMatch(/actions\/cache|^ *cache:|state-dir|STATE_DIR/m);
    const kept = under(documents, ['path', 'paths']).flat();
    const others = ['proposed', 'base', 'tokens/**']; // of checkouts and triggers
    const harmless = ['plan.json', 'tokens/secrets/*.age', ...others];
    expect(kept.filter((path) => !harmless.includes(String(path)))).toEqual([]);
  },
);

test.each(workflows)('%s pushes, and gets the key of the state, only where it applies', async (path) => {
  const [document] = (await documentsOf(path)) as readonly Workflow[];
  for (const [name, job] of Object.entries(document?.jobs ?? {})) {
    const applies = name === 'apply';
    expect(job.permissions?.['contents']).toBe(applies ? 'write' : 'read');
    const keys = under(job, ['RECONCILE_STATE_KEY']);
    expect(keys).toEqual(applies ? [`\${{ secrets.RECONCILE_STATE_KEY }}`] : []);
  }
});

test.each([...workflows, ...own])(
  '%s says of each commit which version it is, and never runs for pull_request_target',
  async (path) => {
    const text = await textOf(path);
    const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    expect(text).not.toMatch(/^ *pull_request_target:/m);
  },
);

const guides = ['README.md', 'docs/kubernetes.md'];

test.each([...workflows, ...guides, 'action.yml', pipeline, cronJob, gitCronJob, indexedJob])(
  '%s is about this version',
  async (path) => {
    const text = await textOf(path);
    const stated = [
      ...text.matchAll(
        /(?:RECONCILE_VERSION:|\/reconcile(?:-git-vault)?:|default:|reconcile-tokens-) ?(\d+\.\d+\.\d+)/g,
      ),
    ];
    expect(stated).not.toEqual([]);
    expect(stated.map(([, stated]) => stated)).toEqual(stated.map(() => manifest.version));
  },
);

test.each(['bug', 'feature'])('the form for a %s has a name and fields of known types', async (name) => {
  const documents = await documentsOf(`.github/ISSUE_TEMPLATE/${name}.yml`);
  expect(documents).toEqual([
    expect.objectContaining({
      name: expect.any(String),
      description: expect.any(String),
      body: expect.any(Array),
    }),
  ]);
  const types = under(documents, ['type']);
  expect(
    types.filter((type) => !['markdown', 'input', 'dropdown', 'textarea'].includes(String(type))),
  ).toEqual([]);
});

test('the hook of pre-commit finds what is wrong in all manifests at once', async () => {
  const [hooks] = (await documentsOf('.pre-commit-hooks.yaml')) as [readonly { readonly entry: string }[]];
  const token = '{ kind: registry_token, registry: shop, name: web, secret: discard }';
  const one = `apiVersion: reconcile/v1\ntokens: [${token}]\n`;
  for (const { entry } of hooks) {
    const runner = await runnerWith({ 'tokens/a.yaml': one, 'other.yaml': 'a: 1\n' });
    expect((await runner.bash(`${entry} tokens`, {})).code).toBe(0);
    await writeFile(join(runner.cwd, 'tokens/b.yaml'), one);
    expect(await runner.bash(`${entry} tokens`, {})).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tokens/b.yaml'),
    });
  }
});
