import { setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { SetupResult } from '../activities/setup.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import { APPROVAL_WANTED } from './steering-report.ts';
import { reasonOf } from './phase.ts';
import { policyOf, writingActivitiesOf } from './policies.ts';
import type { PromoteState } from './promote-phase.ts';
import { DESTINATIONS_ATTRIBUTE, searchableDestinations } from './searchable-destinations.ts';
import { addDestination, type DestinationOrder, type DestinationReceipt } from './steering-messages.ts';
import type { Turnover } from './turnover.ts';
import { objectOf, onlyFields, optionalTexts, refuse, textOf } from './update-checks.ts';
import { worklistOf } from './worklist.ts';
import type { WriterLeases } from './writer-leases.ts';

/** What a destination is added to: a run with a plan. */
export interface Planned {
  readonly run: string;
  readonly setup: SetupResult;
  readonly promote: PromoteState;
}

/** More than that is another promotion: the run's state has to stay small. */
const MOST_ADDED = 10;
/** Work stands still meanwhile, so that a host that does not answer is given up soon. */
const ATTEMPTS = 3;
const WARNINGS_SHOWN = 100;
const REGISTRY = /^[a-zA-Z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const EXAMPLE = '{"destination": "registry.example/images", "reason": "…", "by": "your name"}';

/**
 * Takes the Update `addDestination`: what the manifests would ask for there is planned while the work under way stands
 * still. The plan of the run stays as it is; the new one is worked through behind it, by the run that continues this one.
 *
 * @returns what opens the run for it, once it has a plan
 */
export function attachAdditions(
  board: Board,
  { brake, writers, turnover }: { readonly brake: Brake; readonly writers: WriterLeases; readonly turnover: Turnover },
): (planned: Planned) => void {
  let open: (Planned & { readonly index: string | undefined }) | undefined;

  function check(input: unknown): DestinationOrder & typeof open & object {
    const order = checkOrder(input);
    if (open === undefined) return refuse('there is no plan yet: wait until the phase plan is done');
    const { setup, promote, index } = open;
    checkRun(setup);
    const { destinations, added, phases } = board.read();
    const host = hostOf(order.destination);
    const there = destinations.find((one) => hostOf(one) === host);
    if (there !== undefined) refuse(`${host} is a destination of the run already: ${there}`);
    const { like } = order;
    if (like !== undefined && !destinations.some((one) => one === like || one.startsWith(`${like}/`))) {
      refuse(`the run has no destination ${like}: it has ${destinations.join(', ')}`);
    }
    if ((added?.destinations.length ?? 0) >= MOST_ADDED) {
      refuse(`${MOST_ADDED} destinations have been added: put the others into the manifests`);
    }
    const state = phases.find(({ name }) => name === 'promote')?.state;
    if (state === 'done') refuse('promote is done: put the destination into the manifests, and promote them again');
    if (promote.index !== index) {
      refuse('promote is through the plan, and only tries again what failed: add the destination to the manifests');
    }
    if (setup.request.strict === true && promote.sweep.next > 0) {
      refuse('the run is strict, and promotes already: add the destination to the manifests');
    }
    return { ...order, ...open };
  }

  async function add(input: DestinationOrder): Promise<DestinationReceipt> {
    // The run may have gone on while it was another Update's turn.
    const { run, setup, destination, like, by, reason } = check(input);
    const { hosts = [], added, warnings } = board.read();
    const destinations = [...board.read().destinations, destination];
    const host = hostOf(destination);
    const known = added?.destinations ?? [];
    const policy = policyOf('plan', { attempts: ATTEMPTS });
    const { planDestination } = writingActivitiesOf(policy, `plan ${destination}`, setup);
    await writers.extend(host);
    const result = await planDestination({
      run,
      request: setup.request,
      worklist: worklistOf(board.read())?.digest ?? '',
      destination,
      number: known.length + 1,
      ...(like === undefined ? {} : { like }),
    });
    const { plan, worklist, quarantine } = result;
    const order = {
      destination,
      ...(like === undefined ? {} : { like }),
      ...(by === undefined ? {} : { by }),
      ...(reason === undefined ? {} : { reason }),
    };
    board.update({
      added: { worklist, destinations: [...known, { ...order, since: Date.now(), plan }] },
      destinations,
      hosts: [...new Set([...hosts, host])].sort(),
      quarantine,
      warnings: [...warnings, ...result.warnings].slice(0, WARNINGS_SHOWN),
    });
    upsertSearchAttributes([{ key: DESTINATIONS_ATTRIBUTE, value: searchableDestinations(destinations) }]);
    turnover.ask();
    return { destination, plan: plan.digest, edges: plan.edges };
  }

  setHandler(
    addDestination,
    (input) => brake.during(() => add(input).catch((error: unknown) => refuse(reasonOf(error)))),
    {
      description: `Promote to one registry more, as if the manifests named it. Argument: ${EXAMPLE}; "like" names the destination that it is to be like, where the manifests name different ones`,
      validator: (input) => void check(input),
    },
  );
  return (planned) => {
    open = { ...planned, index: worklistOf(board.read())?.digest };
  };
}

function checkOrder(input: unknown): DestinationOrder {
  const order = objectOf(input, EXAMPLE);
  onlyFields(order, ['destination', 'like', 'reason', 'by']);
  optionalTexts(order, ['like', 'reason', 'by']);
  const destination = textOf(order, 'destination');
  if (!REGISTRY.test(destination)) {
    refuse(`'${destination}' is no registry: write its host and a path, such as registry.example/images`);
  }
  return order as unknown as DestinationOrder;
}

function checkRun({ request, approval: { rule } }: SetupResult): void {
  if (request.confirm !== true) refuse('a dry run promotes nothing: add the destination to the manifests');
  if (request.only !== undefined) refuse('the run works on some edges alone, which are not at the new destination');
  if (rule !== 'none' && rule !== 'required') {
    refuse(`the run wants ${APPROVAL_WANTED[rule]}: add the destination to the manifests, where it is reviewed`);
  }
}

function hostOf(registry: string): string {
  return registry.split('/', 1)[0] ?? registry;
}
