import type { RootHookObject } from 'mocha';
import { stopTemporal } from './temporal.ts';

/** Ends what test files share, after the last of them. */
export const mochaHooks: RootHookObject = {
  afterAll: stopTemporal,
};
