export { compile } from './compile.js';
export { type CompileInput, type CompileOutput, objectId, type Verdict } from './compile-types.js';
export { ANY_ENTRY, secretCredentialId } from './credentials.js';
export { type ConnectedDataPlane, type Fleet, rollup, type RollupInput } from './rollup.js';
