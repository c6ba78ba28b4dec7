import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { surveyFiles, type FileSurvey } from '../../src/manifest/file-bundle-reader.ts';
import { withTree } from './written-tree.ts';

const STORES = 'filestores:\n- base: gs://staging/\n  src: true\n- base: gs://production/\n';
const FILES = 'files:\n- name: a\n  sha256: 0\n';
const NAME = 'filepromoter-manifest.yaml';

/** What was found, with paths as they are below the root. */
function found(root: string, { bundle, problems, warnings }: FileSurvey) {
  const below = (path: string): string => relative(root, path);
  const said = (findings: FileSurvey['problems']) =>
    findings.map(({ file, message }) => `${below(file)}: ${message.replaceAll(root, 'ROOT')}`);
  const projects = bundle.projects.map(({ filestores, files }) => [
    below(filestores.path),
    ...files.map((file) => below(file.path)),
  ]);
  return { projects, problems: said(problems), warnings: said(warnings) };
}

async function survey(root: string, directory = root) {
  return found(root, await surveyFiles({ kind: 'directory', directory }));
}

describe('reading file manifests from disk', () => {
  it('finds each project with all the files that list something, in order', async () => {
    const tree = {
      [`filestores/b/${NAME}`]: STORES,
      [`filestores/a/${NAME}`]: STORES,
      'filestores/README.md': 'no project',
      'manifests/a/v2/files.yaml': FILES,
      'manifests/a/v1.YML': FILES,
      'manifests/a/v3.json': '{}',
      'manifests/a/list': FILES,
      'manifests/a/OWNERS': 'approvers: []',
      'manifests/b/files.yaml': FILES,
    };
    await withTree(tree, async (root) => {
      assert.deepEqual(await survey(root), {
        projects: [
          [
            `filestores/a/${NAME}`,
            'manifests/a/list',
            'manifests/a/v1.YML',
            'manifests/a/v2/files.yaml',
            'manifests/a/v3.json',
          ],
          [`filestores/b/${NAME}`, 'manifests/b/files.yaml'],
        ],
        problems: [],
        warnings: ['manifests/a/OWNERS: skipped: its name is not that of YAML, and it lists no files'],
      });
    });
  });

  it('warns of halves without the other one', async () => {
    const tree = {
      [`filestores/a/${NAME}`]: STORES,
      'filestores/empty/': '',
      'manifests/a/x.yaml': FILES,
      'manifests/lone/x.yaml': FILES,
    };
    await withTree(tree, async (root) => {
      const { projects, problems, warnings } = await survey(root);
      assert.deepEqual(projects, [[`filestores/a/${NAME}`, 'manifests/a/x.yaml']]);
      assert.deepEqual(problems, []);
      assert.deepEqual(warnings, [
        `filestores/empty: skipped: it has no ${NAME}`,
        `manifests/lone: never promoted: there is no ROOT/filestores/lone/${NAME}`,
      ]);
    });
  });

  it('takes a project whose files are all in one', async () => {
    await withTree({ [`filestores/a/${NAME}`]: STORES, 'manifests/a': FILES }, async (root) => {
      assert.deepEqual((await survey(root)).projects, [[`filestores/a/${NAME}`, 'manifests/a']]);
    });
  });

  it('says that there is nothing, and what cannot be read', async () => {
    await withTree({ 'filestores/': '' }, async (root) => {
      assert.deepEqual((await survey(root)).problems, [': no file manifests found in dir: ROOT']);
    });
    await withTree({ 'other/': '' }, async (root) => {
      const { problems } = await survey(root);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^filestores: cannot be read: ENOENT/);
    });
    await withTree({ [`filestores/a/${NAME}`]: STORES }, async (root) => {
      const { projects, problems } = await survey(root);
      assert.deepEqual(projects, [[`filestores/a/${NAME}`]]);
      assert.match(problems.join(), /^manifests\/a: cannot be read: ENOENT/);
    });
    await withTree(
      { [`filestores/a/${NAME}`]: Buffer.from([0xff, 0xfe]), 'manifests/a/x.yaml': FILES },
      async (root) => {
        const { projects, problems } = await survey(root);
        assert.deepEqual(projects, []);
        assert.match(problems.join(), new RegExp(`^filestores/a/${NAME}: cannot be read: .*UTF-8`));
      },
    );
  });

  it('reads nothing that a link fetches from outside', async () => {
    await withTree(
      { [`tree/filestores/a/${NAME}`]: STORES, 'tree/manifests/a/good.yaml': FILES, 'secret.yaml': FILES },
      async (root) => {
        const directory = join(root, 'tree');
        await symlink(join(root, 'secret.yaml'), join(directory, 'manifests/a/evil.yaml'));
        await symlink(join(directory, 'manifests/a/good.yaml'), join(directory, 'manifests/a/inside.yaml'));
        const { projects, problems } = await survey(root, directory);
        assert.deepEqual(projects, [
          [`tree/filestores/a/${NAME}`, 'tree/manifests/a/good.yaml', 'tree/manifests/a/inside.yaml'],
        ]);
        assert.deepEqual(problems, ['tree/manifests/a/evil.yaml: it leads out of ROOT/tree']);
      },
    );
  });

  it('reads the two halves that are named, wherever they are', async () => {
    await withTree({ 'stores.yaml': STORES, 'one.txt': FILES, 'folder/two.yaml': FILES }, async (root) => {
      const files = ['one.txt', 'folder'].map((path) => join(root, path));
      const named = { kind: 'pair', filestores: join(root, 'stores.yaml'), files } as const;
      assert.deepEqual(found(root, await surveyFiles(named)), {
        projects: [['stores.yaml', 'one.txt', 'folder/two.yaml']],
        problems: [],
        warnings: [],
      });
      const { projects, problems } = found(root, await surveyFiles({ ...named, filestores: join(root, 'none.yaml') }));
      assert.deepEqual(projects, []);
      assert.match(problems.join(), /^none\.yaml: cannot be read: ENOENT/);
    });
  });
});
