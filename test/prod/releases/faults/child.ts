// Deploys version 2 on a server where 0 and 1 are, and says how many steps that took.

import {deploy, openServer} from './deploy.js';

declare function armFaults(): void;
declare function countFaults(): number;

const server = await openServer(process.argv[2] ?? '');
armFaults();
await deploy(server, 2).then(
  () => console.log(JSON.stringify({steps: countFaults()})),
  (error: unknown) => console.log(JSON.stringify({code: (error as {code?: string}).code, message: String(error)})),
);
