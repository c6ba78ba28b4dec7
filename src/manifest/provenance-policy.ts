import type { RawProvenance } from './grammar.ts';
import type { ProvenanceBuilder, ProvenancePolicy, Signer } from './manifest.ts';
import type { FileReview } from './review.ts';
import type { Located } from './yaml-decoder.ts';

const MODES = ['off', 'warn', 'require'] as const;
const SIGNER = /^sigstore::(?<issuer>.+?)::(?<identity>.+)$/;
const LEVEL = /^[1-3]$/;

/**
 * Checks the `provenance:` block of a manifest (kubernetes-sigs/promo-tools#1952, with its messages).
 *
 * A policy that is `off`, or says no mode, may name what it would expect; one that is not must name at least one signer,
 * one builder and one source.
 */
export function checkProvenance(written: Located<RawProvenance>, review: FileReview): ProvenancePolicy {
  const report = (at: number, message: string): void =>
    review.report('problem', at, `validating provenance policy: provenance: ${message}`);
  const { value: policy, at } = written;
  const mode = MODES.find((mode) => mode === (policy.mode?.value || 'off'));
  if (mode === undefined) {
    report(policy.mode?.at ?? at, `mode must be "off", "warn" or "require", got "${policy.mode?.value}"`);
  }
  if (mode === 'warn' || mode === 'require') {
    if (!policy.signers?.value.length) report(at, 'at least one signer is required');
    if (!policy.builders?.value.length) report(at, 'at least one builder is required');
    if (!policy.sources?.value.length) report(at, 'at least one source is required');
  }
  const sources = policy.sources?.value ?? [];
  for (const source of sources) {
    if (source.value.trim() === '') report(source.at, 'sources must not be empty');
    if (source.value.includes('@')) report(source.at, `source "${source.value}" must not carry a ref`);
  }
  const predicateTypes = policy.predicateTypes?.value ?? [];
  for (const type of predicateTypes) {
    if (type.value.trim() === '') report(type.at, 'predicateTypes must not be empty');
  }
  return {
    mode: mode ?? 'require',
    signers: (policy.signers?.value ?? []).flatMap((signer) => checkSigner(signer, report)),
    builders: checkBuilders(policy.builders?.value ?? [], report),
    sources: sources.map((source) => source.value),
    predicateTypes: predicateTypes.map((type) => type.value),
  };
}

type Report = (at: number, message: string) => void;

function checkSigner(written: Located<string>, report: Report): readonly Signer[] {
  const { issuer, identity } = SIGNER.exec(written.value)?.groups ?? {};
  if (issuer !== undefined && identity !== undefined) return [{ issuer, identity }];
  report(written.at, `invalid signer "${written.value}": write it as sigstore::<issuer>::<identity>`);
  return [];
}

type RawBuilder = NonNullable<RawProvenance['builders']>['value'][number];

function checkBuilders(written: readonly RawBuilder[], report: Report): readonly ProvenanceBuilder[] {
  const seen = new Set<string>();
  return written.map(({ value, at }) => {
    const id = value.id?.value ?? '';
    if (id.trim() === '') report(at, 'builder IDs must not be empty');
    if (seen.has(id)) report(at, `builder "${id}" is listed more than once`);
    seen.add(id);
    if (value.level === undefined) return { id };
    if (!LEVEL.test(value.level.value)) {
      report(value.level.at, `builder "${id}" needs a level between 1 and 3, got ${value.level.value}`);
    }
    return { id, level: Number(value.level.value) };
  });
}
