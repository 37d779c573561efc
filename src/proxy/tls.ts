export {createTlsServer} from './tls/tls-server.js';
