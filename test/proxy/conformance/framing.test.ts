import {FRAMING} from './framing.js';
import {describeVectors} from './run-vectors.js';

describeVectors(FRAMING);
