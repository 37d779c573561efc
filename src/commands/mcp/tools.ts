import {APP_TOOLS} from './app-tools.js';
import {MACHINE_TOOLS} from './machine-tools.js';
import {REQUEST_TOOLS} from './request-tools.js';
import type {Tool} from './tool.js';

/** All there are, those that act last. */
export const TOOLS: readonly Tool[] = [...APP_TOOLS, ...REQUEST_TOOLS, ...MACHINE_TOOLS].sort(
  (a, b) => Number(a.kind !== 'read') - Number(b.kind !== 'read'),
);
