export { compile } from './compile.js';
export { type CompileInput, type CompileOutput, objectId, type Verdict } from './compile-types.js';
export { credentialNeeds, type CredentialNeed, type CredentialSurroundings } from './credential-needs.js';
export { ANY_ENTRY, secretCredentialId } from './credentials.js';
export type { ConnectedDataPlane, Fleet } from './fleet.js';
export { rollup, type RollupInput } from './rollup.js';
