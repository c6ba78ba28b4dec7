import { readFile } from 'node:fs/promises';
import { ServiceSelector, SigningConfig } from '@sigstore/protobuf-specs';
import type { Service, ServiceConfiguration } from '@sigstore/protobuf-specs';
import { PromoterError, messageOf } from '../errors.ts';

/** The services that a signature is made with. */
export interface SigningServices {
  /** Absent in a configuration for signing with keys only. */
  readonly fulcioUrl?: string;
  readonly log: { readonly version: 1 | 2; readonly urls: readonly string[] };
  /** Complete URLs that take RFC 3161 requests. */
  readonly timestampUrls: readonly string[];
}

/**
 * Reads a Sigstore signing config, version 0.2.
 *
 * @throws PromoterError `ConfigInvalid` when the file cannot be read or is something else
 */
export async function readSigningConfig(path: string): Promise<SigningConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `the signing config ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return parseSigningConfig(text, path);
}

/** @param origin where the text is from, for the message */
export function parseSigningConfig(text: string, origin: string): SigningConfig {
  let config: SigningConfig;
  try {
    config = SigningConfig.fromJSON(JSON.parse(text));
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `${origin} is not a signing config: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (config.mediaType !== 'application/vnd.dev.sigstore.signingconfig.v0.2+json') {
    throw new PromoterError('ConfigInvalid', `${origin} is not a signing config of version 0.2: '${config.mediaType}'`);
  }
  return config;
}

/**
 * Chooses services as the signing config's specification says, with one exception: a Rekor v1 log is preferred to a v2 log,
 * because cosign 2 and legacy signatures need the former's signed time.
 *
 * @throws PromoterError `ConfigInvalid` when the config offers no log, or too few services of some kind
 */
export function selectServices(config: SigningConfig, now: Date): SigningServices {
  const [fulcio] = newest(config.caUrls, 1, now);
  const version = newest(config.rekorTlogUrls, 1, now).length > 0 ? 1 : 2;
  const logs = pick(newest(config.rekorTlogUrls, version, now), config.rekorTlogConfig, 'Rekor logs');
  if (logs.length === 0) throw new PromoterError('ConfigInvalid', 'the signing config offers no Rekor log of today');
  const authorities = pick(newest(config.tsaUrls, 1, now), config.tsaConfig, 'timestamp authorities');
  if (version === 2 && authorities.length === 0) {
    throw new PromoterError('ConfigInvalid', 'the signing config offers a Rekor v2 log without a timestamp authority');
  }
  return {
    ...(fulcio === undefined ? {} : { fulcioUrl: fulcio.url }),
    log: { version, urls: logs.map(({ url }) => url) },
    timestampUrls: authorities.map(({ url }) => url),
  };
}

/** The services of one API version that are valid now, the newest first. */
function newest(services: readonly Service[], version: number, now: Date): readonly Service[] {
  return services
    .filter(({ majorApiVersion, validFor }) => {
      const { start, end } = validFor ?? {};
      return majorApiVersion === version && (start === undefined || start <= now) && (end === undefined || now <= end);
    })
    .toSorted((a, b) => (b.validFor?.start?.getTime() ?? 0) - (a.validFor?.start?.getTime() ?? 0));
}

function pick(
  services: readonly Service[],
  configuration: ServiceConfiguration | undefined,
  what: string,
): readonly Service[] {
  const perOperator = services.filter(
    ({ operator }, index) => services.findIndex((other) => other.operator === operator) === index,
  );
  switch (configuration?.selector) {
    case ServiceSelector.ALL:
      return perOperator;
    case ServiceSelector.EXACT:
      if (perOperator.length < configuration.count) {
        throw new PromoterError(
          'ConfigInvalid',
          `the signing config wants ${configuration.count} ${what}, but offers fewer`,
        );
      }
      return perOperator.slice(0, configuration.count);
    case ServiceSelector.ANY:
    case ServiceSelector.SERVICE_SELECTOR_UNDEFINED:
    case undefined:
      return perOperator.slice(0, 1);
  }
}
