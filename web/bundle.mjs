// Bundles the page: `node bundle.mjs OUTPUT`. One entry a page (pages/*.ts) with a style sheet of its
// name (styles/pages/*.css); OUTPUT/manifest.json tells the server what each page loads.
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
// A server that runs meanwhile sees the page before or the page after, and nothing half made.
const fresh = `${output}.new`;

const entriesOf = (folder, ending) =>
  readdirSync(join(HERE, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(HERE, folder, name));

async function bundle(entryPoints, more) {
  const { metafile } = await build({
    absWorkingDir: fresh,
    bundle: true,
    minify: true,
    metafile: true,
    target: ["es2022"],
    logLevel: "warning",
    legalComments: "eof",
    entryPoints,
    outdir: fresh,
    ...more,
  });
  return metafile.outputs;
}

/** All scripts that an entry loads, itself first. */
function scriptsOf(name, outputs, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of outputs[name].imports) {
    if (kind === "import-statement") scriptsOf(path, outputs, seen);
  }
  return seen;
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const options = { format: "esm", splitting: true, entryNames: "[name]-[hash]", chunkNames: "part-[hash]" };
const scripts = await bundle(entriesOf("pages", ".ts"), options);
const sheets = await bundle(entriesOf("styles/pages", ".css"), { entryNames: "[name]-[hash]" });
const early = await bundle([join(HERE, "early.ts")], { format: "iife", entryNames: "[name]-[hash]" });

const manifest = { early: Object.keys(early)[0], pages: {} };
for (const [name, { entryPoint }] of Object.entries(scripts)) {
  if (!entryPoint) continue;
  const page = basename(entryPoint, ".ts");
  const [script, ...parts] = scriptsOf(name, scripts);
  const sheet = Object.keys(sheets).find((one) => basename(sheets[one].entryPoint ?? "", ".css") === page);
  manifest.pages[page] = { script, parts: parts.sort(), sheet };
}
cpSync(join(HERE, "public"), fresh, { recursive: true });
writeFileSync(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 1));
rmSync(output, { recursive: true, force: true });
renameSync(fresh, output);
