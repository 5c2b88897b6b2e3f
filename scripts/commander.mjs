import { readFile } from 'node:fs/promises';

/** Keeps Commander from loading `child_process`, which loads slowly: no subcommand is a separate executable. */
export const commanderAlone = {
  name: 'commander-alone',
  setup({ onLoad }) {
    const wanted = /require\('node:child_process'\)/;
    onLoad({ filter: /[\\/]commander[\\/]lib[\\/]command\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!wanted.test(text)) throw new Error(`${path} doesn't load what it is to be freed of`);
      return { contents: text.replace(wanted, '{}') };
    });
  },
};
