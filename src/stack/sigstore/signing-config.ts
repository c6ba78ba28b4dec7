import { type Service, ServiceSelector, type SigningConfig } from '@sigstore/protobuf-specs';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

/** Who runs the services, as trusted root and signing config name it. */
export const OPERATOR = 'development stack';

/** Where the services answer. */
export interface ServiceUrls {
  readonly issuer: string;
  readonly fulcio: string;
  readonly ctLog: string;
  /** The URL that timestamp requests are posted to. */
  readonly timestampAuthority: string;
  readonly rekorV1?: string;
  readonly rekorV2: string;
}

/**
 * Where to sign: the `signing_config.json` of https://github.com/sigstore/protobuf-specs, as cosign's `--signing-config`
 * takes it. Rekor v1 comes before Rekor v2, since what it logs verifies in all versions of cosign by default.
 *
 * @param start from when on the services are used
 */
export function signingConfig(urls: ServiceUrls, start: Date): SigningConfig {
  const service = (url: string, majorApiVersion: number): Service => ({
    url,
    majorApiVersion,
    validFor: { start, end: undefined },
    operator: OPERATOR,
  });
  const any = { selector: ServiceSelector.ANY, count: 0 };
  return {
    mediaType: MEDIA_TYPE,
    caUrls: [service(urls.fulcio, 1)],
    oidcUrls: [service(urls.issuer, 1)],
    rekorTlogUrls: [...(urls.rekorV1 === undefined ? [] : [service(urls.rekorV1, 1)]), service(urls.rekorV2, 2)],
    rekorTlogConfig: any,
    tsaUrls: [service(urls.timestampAuthority, 1)],
    tsaConfig: any,
  };
}
