// Lets Node run the page's modules: `@/…` as the import map has it, and a document without words.
import { register } from "node:module";

globalThis.document = { getElementById: () => null };
const root = new URL("../../static/js/", import.meta.url);
const loader = `
  export function resolve(specifier, context, next) {
    return next(specifier.startsWith("@/") ? "${root}" + specifier.slice(2) : specifier, context);
  }
  export async function load(url, context, next) {
    return next(url, url.startsWith("${root}") ? { ...context, format: "module" } : context);
  }`;
register(`data:text/javascript,${encodeURIComponent(loader)}`);
