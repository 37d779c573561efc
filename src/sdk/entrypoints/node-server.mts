// Run by tako: the app's main module is the first argument.

import {launch} from '../launch.js';

void launch();
