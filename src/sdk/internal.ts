// What `tako.sh/internal` exports: the app contract in small pieces, for adapters of frameworks and for servers
// written by hand.

export {type Bootstrap, readBootstrap, type StorageBinding} from './bootstrap.js';
export {installRuntime, reportReady} from './ready.js';
export {type Phase, type RuntimeState, runtimeState} from './runtime-state.js';
export {handleStatus, handleStatusRequest} from './status.js';
