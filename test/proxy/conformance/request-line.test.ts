import {HOSTS} from './hosts.js';
import {REQUEST_LINE} from './request-line.js';
import {describeVectors} from './run-vectors.js';

describeVectors([...REQUEST_LINE, ...HOSTS]);
