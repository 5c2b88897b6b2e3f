const { writeFileSync } = require('node:fs');

/** Writes the names of the loaded files, and of Node's loaded modules, to the file LOADED once the process exits. */
process.on('exit', () => {
  const builtins = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, 'node:'));
  writeFileSync(process.env.LOADED, JSON.stringify({ files: Object.keys(require.cache), builtins }));
});
