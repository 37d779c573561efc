// Says which sockets it has: those it was started with, and what it opens beside them.
import {openListeningSockets} from '../../../../src/prod/holder/listening-sockets.js';

const {sockets} = openListeningSockets(JSON.parse(process.argv[2] ?? ''));
console.log(JSON.stringify(sockets));
