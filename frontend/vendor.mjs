// Rebuilds ../static/vendor from the exact versions in package-lock.json: one ES module per group of packages, one
// sprite of the icons in icons.json, vendor.json with packages, licences and sizes, and the licences' texts; and the
// minified ../static/embed/embed.min.js. The output is committed, so that nobody but whoever refreshes it needs Node.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";

const out = path.resolve("../static/vendor");
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });

const groups = {
  markdown: `
    export { default as MarkdownIt } from "markdown-it";
    export { default as DOMPurify } from "dompurify";`,
  editor: `
    export { EditorState, Compartment, StateEffect, StateField, RangeSetBuilder } from "@codemirror/state";
    export { EditorView, Decoration, ViewPlugin, WidgetType, MatchDecorator, keymap, placeholder, drawSelection, lineNumbers } from "@codemirror/view";
    export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
    export { autocompletion, completionKeymap, startCompletion, closeBrackets } from "@codemirror/autocomplete";
    export { HighlightStyle, syntaxHighlighting, bracketMatching, indentUnit } from "@codemirror/language";
    export { tags } from "@lezer/highlight";
    export { python } from "@codemirror/lang-python";
    export { javascript } from "@codemirror/lang-javascript";
    export { json } from "@codemirror/lang-json";`,
  charts: `export { default as uPlot } from "uplot";`,
  // React and what draws graphs with it: one file, for there must be one React.
  flow: `
    export { createElement, memo, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
    export { createRoot } from "react-dom/client";
    export * from "@xyflow/react";
    export { html } from "htm/react";`,
  layout: `export { graphlib, layout } from "@dagrejs/dagre";`,
};
// Classic scripts and style sheets, taken as they are; unlayered rules would win against every layer of ours.
const copies = { "htmx.js": "htmx.org/dist/htmx.min.js" };
const sheets = { "charts.css": "uplot/dist/uPlot.min.css", "flow.css": "@xyflow/react/dist/base.css" };

async function bundle(name, contents) {
  const result = await esbuild.build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: `${name}.js` },
    outfile: path.join(out, `${name}.js`),
    bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "eof", metafile: true,
    define: { "process.env.NODE_ENV": '"production"' }, logLevel: "warning",
  });
  return Object.keys(result.metafile.inputs);
}

function copy() {
  for (const [name, file] of Object.entries(copies)) fs.copyFileSync(`node_modules/${file}`, path.join(out, name));
  for (const [name, file] of Object.entries(sheets)) {
    fs.writeFileSync(path.join(out, name), `@layer vendor {\n${fs.readFileSync(`node_modules/${file}`, "utf8")}\n}\n`);
  }
  return [...Object.values(copies), ...Object.values(sheets)].map((file) => `node_modules/${file}`);
}

function sprite() {
  const names = JSON.parse(fs.readFileSync("icons.json", "utf8"));
  const symbols = names.map((name) => {
    const svg = fs.readFileSync(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
    const body = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "");
    const look = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    return `<symbol id="${name}" viewBox="0 0 24 24" ${look}>${body.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  fs.writeFileSync(path.join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
}

function inventory(inputs) {
  const names = new Set(["lucide-static"]);
  for (const file of inputs) {
    const match = file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match) names.add(match[1]);
  }
  const packages = {};
  const texts = [];
  for (const name of [...names].sort()) {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(fs.readFileSync(`${folder}/package.json`, "utf8"));
    packages[name] = { version, license };
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    texts.push(`===== ${name} ${version} (${license}) =====\n\n${fs.readFileSync(`${folder}/${file}`, "utf8").trim()}\n`);
  }
  fs.writeFileSync(path.join(out, "LICENSES.txt"), texts.join("\n"));
  const files = Object.fromEntries(fs.readdirSync(out).sort().map((name) => [name, fs.statSync(path.join(out, name)).size]));
  fs.writeFileSync(path.join(out, "vendor.json"), `${JSON.stringify({ packages, files }, null, 2)}\n`);
}

// The chat bubble for other sites: its source is ours and served too. The banner tells of which source it is the build.
function embed() {
  const folder = path.resolve("../static/embed");
  const source = fs.readFileSync(path.join(folder, "embed.js"), "utf8");
  // Line ends and indents of the styles are only for readers.
  const tight = source.replace(/(const STYLES = `)([^`]*)`/, (_, start, css) => `${start}${css.replace(/\/\*.*?\*\//g, "").replace(/\s+/g, " ")}\``);
  const { code } = esbuild.transformSync(tight, { target: "es2022", minify: true });
  const digest = createHash("sha256").update(source).digest("hex");
  fs.writeFileSync(path.join(folder, "embed.min.js"), `/*! embed.js sha256:${digest} */\n${code}`);
}

const inputs = [];
for (const [name, contents] of Object.entries(groups)) inputs.push(...(await bundle(name, contents)));
inputs.push(...copy());
sprite();
embed();
inventory(inputs);
