import { setHandler } from '@temporalio/workflow';
import type { Board } from './board.ts';
import { checkCeiling } from './budget-checks.ts';
import { reasonOf } from './phase.ts';
import { activitiesOf, policyOf } from './policies.ts';
import { setBudget } from './steering-messages.ts';
import { objectOf, onlyFields, refuse, textOf } from './update-checks.ts';

const EXAMPLE = '{"host": "registry.example", "requestsPerSecond": 50}';

/** Takes the Update `setBudget`, and hands it to the budget of the host, which all runs and workers share. */
export function attachBudgets(board: Board): void {
  setHandler(
    setBudget,
    async ({ host, requestsPerSecond }) => {
      const { setCeiling } = activitiesOf(policyOf('setup'), `limit ${host}`);
      await setCeiling({ host, requestsPerSecond }).catch((error: unknown) => refuse(reasonOf(error)));
      return { host, requestsPerSecond };
    },
    {
      description: `Limit what all workers and runs together ask of one of this run's registries. Argument: ${EXAMPLE}; null instead of the number lifts the limit`,
      validator: (input) => {
        const change = objectOf(input, EXAMPLE);
        onlyFields(change, ['host', 'requestsPerSecond']);
        const host = textOf(change, 'host');
        checkCeiling(change);
        const { hosts } = board.read();
        if (hosts === undefined)
          refuse('the registries of the run are not known yet: wait until the phase setup is done');
        else if (!hosts.includes(host)) refuse(`the run has no registry ${host}: it has ${hosts.join(', ')}`);
      },
    },
  );
}
