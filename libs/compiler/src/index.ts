export { compile, type CompileInput, type CompileOutput } from './compile.js';
export type { CredentialFact } from './concerns/credential-facts.js';
export { ANY_ENTRY, secretCredentialId } from './concerns/credentials.js';
export { objectId, type Verdict } from './conditions/verdict.js';
export { credentialNeeds, type CredentialNeed, type CredentialSurroundings } from './credential-needs.js';
export type { ConnectedDataPlane, Fleet } from './fleet.js';
export type { CompileChanges, CompileDelta } from './incremental/changes.js';
export { IncrementalCompiler } from './incremental/incremental-compiler.js';
export { rollup, type RollupInput } from './rollup.js';
