import assert from 'node:assert/strict';
import { stricterRule } from '../../src/gate/approval-rule.ts';

describe('the rule that holds for an approval', () => {
  it('is the stricter of what the worker and the request want', () => {
    assert.equal(stricterRule('none'), 'none');
    assert.equal(stricterRule('none', 'required'), 'required');
    assert.equal(stricterRule('required', 'none'), 'required');
    assert.equal(stricterRule('required', 'github-review'), 'github-review');
    assert.equal(stricterRule('github-review', 'required'), 'github-review');
    assert.equal(stricterRule('none', 'signed-commit'), 'signed-commit');
  });

  it('is of two proofs the one that the worker wants, which no request can replace', () => {
    assert.equal(stricterRule('github-review', 'signed-commit'), 'github-review');
    assert.equal(stricterRule('signed-commit', 'github-review'), 'signed-commit');
  });
});
