import {CHUNKED} from './chunked.js';
import {describeVectors} from './run-vectors.js';

describeVectors(CHUNKED);
