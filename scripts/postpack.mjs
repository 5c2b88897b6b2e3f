import { rename } from 'node:fs/promises';

await rename('package.json.whole', 'package.json');
