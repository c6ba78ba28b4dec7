import { defineUpdate } from '@temporalio/workflow';
import type { Claimed } from './messages.ts';

/** What an accepted pause or its end answers. */
export interface PauseReceipt {
  readonly paused: boolean;
}

export const pausePromotion = defineUpdate<PauseReceipt, [Claimed | undefined]>('pausePromotion');
export const resumePromotion = defineUpdate<PauseReceipt, [Claimed | undefined]>('resumePromotion');
