import {z} from 'zod';
import {examineMachine} from '../doctor/examine-machine.js';
import {defineTool} from './tool.js';

/** About tako itself and the machine it runs on. */
export const MACHINE_TOOLS = [
  defineTool({
    name: 'doctor',
    title: 'Check the machine',
    description: 'Checks the daemon, names, ports and trust of certificates; says what is broken and how to fix it.',
    input: z.strictObject({}),
    output: 'doctor',
    kind: 'read',
    isUntrusted: false,
    run: () => examineMachine(),
  }),
];
