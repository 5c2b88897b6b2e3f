import { systemClock } from '../../../../src/system/system-clock.ts';
import { checkStore } from '../store-contract.ts';
import { makePlace } from './fixtures.ts';
import { branchPlace, branchTraits } from './store-fixtures.ts';

checkStore({
  name: 'a store in a branch of a repository',
  place: async () => {
    const { remote, open } = await makePlace();
    return branchPlace(() => open({ remote, clock: systemClock }));
  },
  ...branchTraits,
});
