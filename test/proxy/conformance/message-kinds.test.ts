import {MESSAGE_KINDS} from './message-kinds.js';
import {describeVectors} from './run-vectors.js';

describeVectors(MESSAGE_KINDS);
