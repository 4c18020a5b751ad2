/** What may stand in a page. Text is escaped when it is put in; only what `html` has made is not. */
export type Part = string | number | Html | readonly Part[];

class Html {
  constructor(readonly source: string) {}
}

export type { Html };

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(sourceOf)));
}

function sourceOf(part: Part): string {
  if (part instanceof Html) return part.source;
  if (typeof part === "object") return part.map(sourceOf).join("");
  // Control characters are errors in HTML; both quotes, so that text may stand in an attribute too.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are taken out
  const text = String(part).replace(/[\0-\x08\x0b-\x1f\x7f]/g, "\ufffd");
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
