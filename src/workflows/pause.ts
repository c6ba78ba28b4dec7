import { setHandler } from '@temporalio/workflow';
import type { Board } from './board.ts';
import { createBrake, type Brake } from './brake.ts';
import { claimText } from './claim-text.ts';
import { pausePromotion, resumePromotion } from './steering-messages.ts';
import { onlyFields, optionalObjectOf, optionalTexts, refuse } from './update-checks.ts';

/** Takes the Updates `pausePromotion` and `resumePromotion`. @returns the brake that they pull and release */
export function attachPause(board: Board): Brake {
  const brake = createBrake(() => {
    const { pause } = board.read();
    return pause === undefined ? undefined : `PAUSED${claimText(pause)}; send resumePromotion`;
  });
  setHandler(
    pausePromotion,
    (input) => {
      board.update({ pause: { ...input, since: Date.now() } });
      brake.stop();
      return { paused: true };
    },
    {
      description:
        'Stop working: nothing new begins, and what runs stops where it is. Optional argument: {"reason": "the mirrors are being moved", "by": "your name"}',
      validator: (input) => {
        checkClaim(input);
        const { pause } = board.read();
        if (pause !== undefined)
          refuse(`the run is paused already, since ${new Date(pause.since).toISOString()}${claimText(pause)}`);
      },
    },
  );
  setHandler(
    resumePromotion,
    () => {
      board.update({ pause: undefined });
      return { paused: false };
    },
    {
      description: 'Go on where a paused run was. Optional argument: {"reason": "…", "by": "your name"}',
      validator: (input) => {
        checkClaim(input);
        if (board.read().pause === undefined) refuse('the run is not paused, so there is nothing to resume');
      },
    },
  );
  return brake;
}

function checkClaim(input: unknown): void {
  const claimed = optionalObjectOf(input, '{"reason": "…", "by": "your name"}');
  onlyFields(claimed, ['reason', 'by']);
  optionalTexts(claimed, ['reason', 'by']);
}
