import { withoutControls } from '../../printable.ts';

/** A piece of HTML, in which everything from outside has been escaped. */
export interface Html {
  readonly html: string;
}

/** What may stand in a template: text is escaped, pieces and lists of pieces are taken as they are, nothing is nothing. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Makes a piece of HTML: what a template says itself is markup, what is put into it is text, and stays text, in content and
 * in attributes between double quotes.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: String.raw({ raw: strings }, ...values.map(escaped)) };
}

/** The address where it is one of the web, so that it may be a link; nothing for `javascript:` and the like. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  return /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}

/** Text with a link to an address, or the text alone where the address is none of the web. */
export function linked(text: string, address: string | undefined): Html {
  const href = webAddress(address);
  return href === undefined ? html`${text}` : html`<a href="${href}">${text}</a>`;
}

function escaped(value: HtmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  if ('html' in value) return value.html;
  return value.map(escaped).join('');
}

function escapeText(text: string): string {
  // Control characters have no place in HTML; a direction mark could make a name read as another.
  return withoutControls(text).replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? '');
}
