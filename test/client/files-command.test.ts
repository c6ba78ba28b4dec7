import assert from 'node:assert/strict';
import type { FileCounts } from '../../src/workflows/file-messages.ts';
import { chooseFiles, filesCommand } from '../../src/client/files-command.ts';
import { banner, printFiles } from '../../src/client/files-text.ts';
import type { TaskResult } from '../../src/files/file-task.ts';
import { coded, hashOf } from '../files/bucket-contract.ts';
import { captureOutput } from './captured-output.ts';

const COUNTS: FileCounts = { copied: 1, missing: 0, present: 1200, skipped: 2, keptBack: 1, bytes: 2048 };

describe('promoter files', () => {
  it('takes manifests in one of two ways', () => {
    assert.deepEqual(chooseFiles({ manifests: 'm' }), { kind: 'directory', directory: 'm' });
    assert.deepEqual(chooseFiles({ filestores: 's', files: 'f' }), { kind: 'pair', filestores: 's', files: ['f'] });
    const neither = /either --manifests or both --filestores and --files must be specified/;
    assert.throws(() => chooseFiles({}), coded('UsageInvalid', neither));
    assert.throws(() => chooseFiles({ manifests: 'm', files: 'f' }), coded('UsageInvalid', neither));
    assert.throws(() => chooseFiles({ files: 'f' }), coded('UsageInvalid', /^--filestores is required when not using/));
    assert.throws(() => chooseFiles({ filestores: 's' }), coded('UsageInvalid', /^--files is required when not using/));
  });

  it('does not guess between --confirm and --dry-run', async () => {
    const { output } = captureOutput();
    const args = ['--manifests', 'm', '--confirm', '--dry-run'];
    await assert.rejects(
      filesCommand(output).parseAsync(args, { from: 'user' }),
      coded('UsageInvalid', /exclude each other/),
    );
  });

  it('prints kpromo’s lines, and then what was kept back', async () => {
    const task = { name: 'a', sha256: hashOf('a'), source: 'gs://staging/', destination: 's3://prod/' };
    const results: readonly TaskResult[] = [
      { ...task, kind: 'copied', bytes: 2048 },
      { ...task, name: 'b', kind: 'kept-back', reason: 'lost', message: 'gs://staging/b does not exist' },
      { ...task, name: 'c', kind: 'present' },
    ];
    async function* each(): AsyncGenerator<TaskResult> {
      yield* results;
    }
    const report = { outcome: 'done', run: '', total: 3, shards: { done: 1, total: 1 }, counts: COUNTS } as const;
    const { captured, output } = captureOutput();
    await printFiles({ ...report, samples: [], phases: [], startedAt: 0 }, each(), output);
    assert.equal(
      captured.stdout,
      'COPY "gs://staging/a" to "s3://prod/a"\n' +
        '********** FINISHED WITH ERRORS **********\n' +
        'gs://staging/b does not exist\n',
    );
    assert.equal(
      captured.stderr,
      '1 file copied (2.0 KiB), 1,200 there already, 2 missing in the source, 1 kept back\n',
    );
    assert.equal(banner('START', {}), '********** START (DRY RUN) **********\n');
  });
});
