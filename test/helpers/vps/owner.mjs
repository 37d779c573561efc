// A process that starts a machine, says what it is like in one line, and waits to be killed.
// node --experimental-transform-types owner.mjs

import '../typescript-imports.mjs';

const {startVps} = await import('./vps.ts');
const {hostAddress, sshConfig, pid} = await startVps({name: 'orphan'});
console.log(JSON.stringify({hostAddress, sshConfig, pid}));
