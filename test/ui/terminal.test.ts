import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/stack/program-list.ts';
import { PHASES } from '../../src/workflows/messages.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { hasTmux, startTerminals, type Terminals } from '../support/tmux.ts';
import { waitFor } from '../support/waiting.ts';

const WIDTHS = [80, 200] as const;
const MAIN = join(packageRoot(), 'src', 'client', 'main.ts');
const PHASE_LINE = new RegExp(`^[·◷▶‖✓↷✗] (${PHASES.join('|')})\\b`);

/** The phases that a screen has lines of, in their order on it. */
function phasesOn(screen: readonly string[]): readonly string[] {
  return screen.flatMap((line) => PHASE_LINE.exec(line)?.[1] ?? []);
}

/** Lets thirty requests a second through, and all of them once nobody needs to look any more. */
function createPace() {
  let hurry = false;
  let turn = Promise.resolve();
  return {
    hurry: () => void (hurry = true),
    before: async () => {
      turn = turn.then(() => (hurry ? undefined : delay(33)));
      await turn;
      return 'answer' as const;
    },
  };
}

describe('promoter cip on a terminal', () => {
  const pace = createPace();
  let production: Production;
  let service: PromotionService;
  let terminals: Terminals | undefined;
  let args: readonly string[];

  before(async function () {
    if (!(await hasTmux())) {
      assert.notEqual(process.env['CI'], 'true', 'CI has to have tmux: .ci/run installs it');
      this.skip();
    }
    production = await startProduction({ images: 16, mirrors: 2, proxy: { before: pace.before } });
    service = await startPromotionService({ directory: production.directory });
    terminals = await startTerminals();
    args = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'];
    for (const columns of WIDTHS) {
      // The second joins the run of the first. One of them wants no colours.
      const colours = columns === 80 ? { NO_COLOR: '1' } : {};
      await terminals.open(`w${columns}`, columns, [process.execPath, MAIN, ...args], {
        ...service.environment,
        ...colours,
      });
    }
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const columns of WIDTHS)
      process.stderr.write(`${(await opened().screen(`w${columns}`)).join('\n').trimEnd()}\n`);
  });
  after(async () => {
    await terminals?.close();
    await service?.stop();
    await production?.stop();
  });

  function opened(): Terminals {
    return terminals ?? assert.fail('there are no terminals');
  }

  it('shows every phase once, a bar, and how fast hosts are asked, with no broken line', async () => {
    const seen = new Set<number>();
    await waitFor(async () => {
      for (const columns of WIDTHS) {
        const screen = await opened().screen(`w${columns}`);
        const phases = phasesOn(screen);
        if (phases.length === 0) continue;
        assert.deepEqual(phases, PHASES, screen.join('\n'));
        const first = screen.findIndex((line) => PHASE_LINE.test(line));
        assert.ok(
          screen.slice(first, first + PHASES.length).every((line) => PHASE_LINE.test(line)),
          screen.join('\n'),
        );
        const below = screen.slice(first + PHASES.length).filter((line) => line !== '');
        assert.ok(below.length <= 4, screen.join('\n'));
        const copies = screen.some((line) => /^▶ promote +[\d.]+ s +[█░]{20} \d+\/32/.test(line));
        if (copies && below.some((line) => /^ {2}requests\/s {2}127\.0\.0\.1:\d+ \d+/.test(line))) seen.add(columns);
      }
      return seen.size === WIDTHS.length;
    });
    pace.hurry();
  });

  it('ends with the result below the phases', async () => {
    for (const columns of WIDTHS) {
      await waitFor(async () => (await opened().exit(`w${columns}`)) !== undefined);
      assert.equal(await opened().exit(`w${columns}`), 0);
      const screen = await opened().screen(`w${columns}`);
      assert.deepEqual(phasesOn(screen), PHASES);
      assert.ok(
        screen.some((line) => line.startsWith('Promoted 32 edges: ')),
        screen.join('\n'),
      );
    }
  });

  it('has colours, unless they are not wanted', async () => {
    const coloured = async (columns: number): Promise<boolean> =>
      (await opened().screen(`w${columns}`, { escapes: true })).some((line) => line.includes('\u001B[3'));
    assert.equal(await coloured(200), true);
    assert.equal(await coloured(80), false);
  });

  it('is plain text in a pipe', async () => {
    const { exit, stdout, stderr } = await runScript(MAIN, args, service.environment).ended;
    assert.equal(exit, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes('\u001B'));
    assert.match(stderr, /^Phase 1\/7: setup$/m);
  });
});
