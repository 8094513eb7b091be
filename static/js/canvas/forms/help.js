// The help of a field. The shortest ones say no more than its label, so they are left out.
import { h } from "@/core/dom.js";

const SHORTEST = 26; // characters

// Words between backticks are code. Null for nothing that helps.
export function helpText(text) {
  if (!text || text.length < SHORTEST) return null;
  return h("span", {}, text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part)));
}
