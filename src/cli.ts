#!/usr/bin/env node
// The floor is checked before anything else is imported: what comes after uses syntax and modules older versions lack.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`tako needs Node.js 24 or later; this is ${process.version} (${process.execPath})\n`);
  process.exit(1);
}
const {main} = await import('./commands/main.js');
await main(process.argv);

export {};
