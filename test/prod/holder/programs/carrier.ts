// A holder's carrier. The version in the file that it is given may be one that is broken.
import {readFileSync} from 'node:fs';
import {carry} from '../../../../src/prod/holder/carrier.js';

const version = readFileSync(process.argv[2] ?? '', 'utf8').trim();
if (version === 'broken') process.exit(1);
if (version === 'strange') {
  process.send?.({type: 'refused', message: 'another version'});
  process.on('disconnect', () => process.exit());
} else {
  process.exitCode = await carry();
}
