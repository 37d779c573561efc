import {HEADER_RULES} from './header-rules.js';
import {describeVectors} from './run-vectors.js';

describeVectors(HEADER_RULES);
