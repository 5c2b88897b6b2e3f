// Loaded into a program before all else: it runs on a host of another name.

import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const name = process.env.RECONCILE_TEST_HOST;
os.hostname = () => name;
syncBuiltinESMExports();
