import type { ConnectionLike } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { messageOf } from '../errors.ts';

/** What a list of runs can be filtered by and shows as columns. */
export const SEARCH_ATTRIBUTES = {
  PromoterState: 'Keyword',
  PromoterPhase: 'Keyword',
  PromoterDestinations: 'KeywordList',
  PromoterCommit: 'Keyword',
} as const;

export const stateKey = defineSearchAttributeKey('PromoterState', 'KEYWORD');
export const phaseKey = defineSearchAttributeKey('PromoterPhase', 'KEYWORD');
export const destinationsKey = defineSearchAttributeKey('PromoterDestinations', 'KEYWORD_LIST');
export const commitKey = defineSearchAttributeKey('PromoterCommit', 'KEYWORD');

// `IndexedValueType` of Temporal's API (temporal/api/enums/v1/common.proto), which the SDK does not export.
const INDEXED_VALUE_TYPE = { Keyword: 2, KeywordList: 7 } as const;

type Missing = readonly (readonly [string, keyof typeof INDEXED_VALUE_TYPE])[];

/**
 * Registers the search attributes that the server lacks. A workflow that sets an unknown one would seem to hang.
 *
 * A server that does not let us (Temporal Cloud, or one with tight permissions) gets a line on stderr, since an
 * administrator may have to register them.
 */
export async function ensureSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  try {
    const missing = await findMissing(connection, namespace);
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Of workers that start at the same moment, one adds them and the others are refused.
    const missing = await findMissing(connection, namespace).catch((): Missing => Object.entries(SEARCH_ATTRIBUTES));
    if (missing.length === 0) return;
    const names = missing.map(([name, type]) => `${name}=${type}`).join(', ');
    process.stderr.write(
      `could not register search attributes in namespace ${namespace}: ${messageOf(error)}; unless they are there, workflows will not go on: ${names}\n`,
    );
  }
}

async function findMissing(connection: ConnectionLike, namespace: string): Promise<Missing> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => customAttributes?.[name] === undefined);
}
