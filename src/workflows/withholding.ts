import { setHandler } from '@temporalio/workflow';
import type { WithholdInput, WithholdResult } from '../activities/withholding.ts';
import type { WithheldOrder } from '../plan/withheld.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import { EDGE_EXAMPLE, formatEdgeName, parseEdgeName } from './edge-name.ts';
import type { WithheldEdge } from './steering-report.ts';
import { reasonOf } from './phase.ts';
import { activitiesOf, policyOf } from './policies.ts';
import { quarantineEdge, releaseEdge, type EdgeOrder } from './steering-messages.ts';
import { objectOf, onlyFields, optionalTexts, refuse, textOf } from './update-checks.ts';
import { worklistOf } from './worklist.ts';

/** More than that is another plan: the run's state has to stay small. */
const MOST_ORDERS = 50;

/**
 * Takes the Updates `quarantineEdge` and `releaseEdge`. What they order is in the plan store, and in the report, by
 * reference; the work under way is stopped for a moment, so that it goes on by the new order.
 *
 * @param confirmed whether the run writes at all
 */
export function attachWithholding(board: Board, brake: Brake, confirmed: boolean): void {
  const orders = (): readonly WithheldEdge[] => board.read().withheld?.orders ?? [];

  async function record(change: () => readonly WithheldEdge[], added?: WithheldEdge): Promise<WithholdResult> {
    return brake.during(async () => {
      const next = change();
      const { withholdEdges } = activitiesOf(policyOf('plan'), 'record what is kept back');
      const input: WithholdInput = {
        index: worklistOf(board.read())?.digest ?? '',
        orders: next.map(orderOf),
        ...(added === undefined ? {} : { added: orderOf(added) }),
      };
      const result = await withholdEdges(input).catch((error: unknown) => refuse(reasonOf(error)));
      board.update({ withheld: next.length === 0 ? undefined : { list: result.list, orders: next } });
      return result;
    });
  }

  setHandler(
    quarantineEdge,
    async ({ edge, ...claimed }) => {
      const name = canonical(edge);
      const added: WithheldEdge = { ...claimed, edge: name, since: Date.now() };
      const { edges: withheld, present } = await record(
        () => [...orders().filter((order) => order.edge !== name), added],
        added,
      );
      return { edge: name, withheld, present };
    },
    {
      description: `Keep an edge from being promoted by this run. Argument: {"edge": "registry.example/images/app:v1", "reason": "…", "by": "your name"}; the edge as reports name it: ${EDGE_EXAMPLE}`,
      validator: (input) => {
        const name = checkOrder(input);
        checkTime(board, confirmed, 'kept back');
        if (orders().some(({ edge }) => edge === name)) refuse(`${name} is kept back already`);
        if (orders().length >= MOST_ORDERS) {
          refuse(`${MOST_ORDERS} edges are kept back: abort the run, and take what is wrong out of the manifests`);
        }
      },
    },
  );
  setHandler(
    releaseEdge,
    async ({ edge }) => {
      const name = canonical(edge);
      await record(() => orders().filter((order) => order.edge !== name));
      return { edge: name };
    },
    {
      description:
        'Promote an edge after all that was kept back. Argument: {"edge": "registry.example/images/app:v1", "reason": "…", "by": "your name"}',
      validator: (input) => {
        const name = checkOrder(input);
        checkTime(board, confirmed, 'given free');
        if (orders().some(({ edge }) => edge === name)) return;
        const known = orders().map(({ edge }) => edge);
        refuse(
          `${name} is not kept back: ${known.length === 0 ? 'nothing is' : `${known.join(', ')} ${known.length === 1 ? 'is' : 'are'}`}`,
        );
      },
    },
  );
}

function checkOrder(input: unknown): string {
  const order = objectOf(input, '{"edge": "registry.example/images/app:v1", "reason": "…"}');
  onlyFields(order, ['edge', 'reason', 'by']);
  optionalTexts(order, ['reason', 'by']);
  const edge = textOf(order, 'edge');
  const name = parseEdgeName(edge);
  return name === undefined ? refuse(`'${edge}' names no edge; write ${EDGE_EXAMPLE}`) : formatEdgeName(name);
}

function checkTime(board: Board, confirmed: boolean, what: string): void {
  const { plan, phases } = board.read();
  if (!confirmed) refuse('a dry run promotes nothing');
  if (plan === undefined) refuse('there is no plan yet: wait until the phase plan is done');
  if (phases.some(({ name, state }) => name === 'promote' && state === 'done')) {
    refuse(
      `promote is done, so nothing can be ${what} any more; after the end, promoter retry promotes what was kept back`,
    );
  }
}

function canonical(edge: EdgeOrder['edge']): string {
  const name = parseEdgeName(edge);
  return name === undefined ? refuse(`'${edge}' names no edge`) : formatEdgeName(name);
}

function orderOf({ edge, by, reason }: WithheldEdge): WithheldOrder {
  const name = parseEdgeName(edge) ?? refuse(`'${edge}' names no edge`);
  return { ...name, ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
}
