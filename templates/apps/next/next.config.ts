import type {NextConfig} from 'next';
import {withTako} from 'tako.sh/next';

const config: NextConfig = {};

export default withTako(config);
