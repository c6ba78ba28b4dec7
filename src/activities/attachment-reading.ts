import { getDocument, putDocument, type BareImages, type Group } from '../plan/document.ts';
import { recordName, shardPart } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Registry } from '../registry/registry.ts';
import { readAttachments, type Attachment } from '../signing/attachments.ts';
import { compilePolicy, type IdentityPolicy } from '../signing/identity-policy.ts';
import { judge } from '../signing/judgement.ts';
import type { TrustRoot } from '../signing/trust-root.ts';
import type { AttachmentFormat, SignatureVerdict } from '../signing/verdict.ts';

/** How long it is believed that an image has nothing attached: phases follow each other closely, a hold may take days. */
const BELIEVED_MS = 10 * 60_000;

/** Whose attachments are read: those of one shard of a run. */
export interface ReadingPlace {
  readonly registry: Registry;
  readonly store: PlanStore;
  readonly run: string;
  readonly shard: number;
}

/**
 * What is attached to the staging images of a shard. What a listing or an earlier phase of the run found not to be there
 * is not asked for again: most images have nothing attached, and being told so costs a request each time.
 */
export class AttachmentReading {
  readonly #place: ReadingPlace;
  readonly #absent: Map<string, Set<AttachmentFormat>>;

  private constructor(place: ReadingPlace, absent: Map<string, Set<AttachmentFormat>>) {
    this.#place = place;
    this.#absent = absent;
  }

  /** @throws PromoterError `Store*` */
  static async open(place: ReadingPlace): Promise<AttachmentReading> {
    const known = await place.store.lookup(nameOf(place));
    if (known === undefined) return new AttachmentReading(place, new Map());
    const { readAt, images } = await getDocument<BareImages>(place.store, known);
    if (Date.now() - readAt > BELIEVED_MS) return new AttachmentReading(place, new Map());
    const absent = images.map(({ source, digest, without }) => [`${source}@${digest}`, new Set(without)] as const);
    return new AttachmentReading(place, new Map(absent));
  }

  /** Everything attached to a group's digest in these formats. @throws PromoterError `Registry*` */
  async read(group: Group, formats: readonly AttachmentFormat[]): Promise<readonly Attachment[]> {
    const { source: repository, digest } = group;
    const absent = this.#absentOf(group);
    const asked = formats.filter((format) => !absent.has(format));
    const found = await readAttachments({ registry: this.#place.registry, repository, digest }, asked);
    for (const format of asked) if (!found.some((attachment) => attachment.format === format)) absent.add(format);
    return found;
  }

  /**
   * Says of everything attached to a group's digest whether it verifies. Only where there is something the trusted root
   * is asked for.
   *
   * @throws PromoterError `Registry*`, `TrustRootInvalid`, `SigningUnavailable`
   */
  async verdicts(
    group: Group,
    formats: readonly AttachmentFormat[],
    signers: IdentityPolicy,
    trust: () => Promise<TrustRoot>,
  ): Promise<readonly SignatureVerdict[]> {
    const attachments = await this.read(group, formats);
    if (attachments.length === 0) return [];
    const options = { digest: group.digest, trust: await trust(), policy: compilePolicy(signers) };
    return attachments.map((attachment) => judge(attachment, options));
  }

  /** Leaves what was not there to the run's next phase. @throws PromoterError `Store*` */
  async keep(groups: readonly Group[]): Promise<void> {
    const images = groups.flatMap(({ source, digest }) => {
      const without = this.#absent.get(`${source}@${digest}`);
      return without === undefined || without.size === 0 ? [] : [{ source, digest, without: [...without].toSorted() }];
    });
    if (images.length === 0) return;
    const { store } = this.#place;
    await store.point(nameOf(this.#place), await putDocument(store, { readAt: Date.now(), images }));
  }

  #absentOf({ source, digest, attached }: Group): Set<AttachmentFormat> {
    const key = `${source}@${digest}`;
    const known = this.#absent.get(key);
    if (known !== undefined) return known;
    const absent = new Set<AttachmentFormat>();
    if (attached?.includes('.sig') === false) absent.add('sig-tag');
    if (attached?.includes('.att') === false) absent.add('att-tag');
    if (attached?.includes('referrers') === false) absent.add('bundle');
    this.#absent.set(key, absent);
    return absent;
  }
}

function nameOf({ run, shard }: ReadingPlace): string {
  return recordName(run, 'bare', shardPart(shard));
}
