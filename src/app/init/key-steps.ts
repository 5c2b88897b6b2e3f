import { keyVariable } from '../state.ts';
import type { Pipeline } from './starter.ts';

/** The file for a new key, outside of any repository. */
const keyFile = '~/state.key';

const purpose = ['', `${keyVariable} encrypts new secrets in the branch reconcile-state until`];

/** Returns the next steps that store the key of a pipeline's state, and create it if it isn't given. */
export function keySteps(pipeline: Pipeline, identity?: string): readonly string[] {
  if (pipeline === 'none') return [];
  if (identity === undefined) {
    return [
      ...purpose,
      'they are delivered. Create it once, and keep a copy outside of the repository:',
      `  reconcile state key --out ${keyFile}`,
      ...fromFile[pipeline],
    ];
  }
  return [
    ...purpose,
    'they are delivered. This key is stored nowhere: keep a copy in a safe place.',
    `  ${identity}`,
    'Paste it into:',
    ...byHand[pipeline],
  ];
}

// Jobs of other branches don't run in these environments, so they can't read the key.
const environments = ['registry-tokens', 'registry-tokens-unreviewed'];

/** The commands that store a key from the file. */
const fromFile = {
  github: environments.map((name) => `  gh secret set ${keyVariable} -e ${name} < ${keyFile}`),
  gitlab: [`  tail -n 1 ${keyFile} | glab variable set ${keyVariable} -m -p`],
};

/** The places for a key. */
const byHand = {
  github: environments.map((name) => `  gh secret set ${keyVariable} -e ${name}`),
  gitlab: [`  Settings > CI/CD > Variables > ${keyVariable}, masked and protected`],
};
