import { create } from './create.ts';
import { remove } from './delete.ts';
import { deliver } from './deliver.ts';
import { patch } from './patch.ts';
import { replace } from './replace.ts';

/** The function that sends the writes of each action. */
export const actions = { create, patch, replace, delete: remove, deliver };
