// Draws each docs/diagrams/NAME.d2 as NAME.svg beside it: light and dark in one picture, with its fonts in it.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { D2 } from "@terrastruct/d2";

const folder = new URL("../../docs/diagrams/", import.meta.url);
const here = new URL("./", import.meta.url);
const read = (name, base = folder) => readFileSync(new URL(name, base), "utf8");
const [LIGHT, DARK] = [0, 200];
// The page's own grounds.
const GROUNDS = 'vars: { d2-config: { theme-overrides: { N7: "#ffffff" }; dark-theme-overrides: { N7: "#0b0c0f" } } }';

// What decides the picture; tests/docs/test_diagrams.py says when one of these has changed and the picture hasn't.
const digest = (name) => {
  const parts = [read(name), read("classes.d2"), read("draw.mjs", here), read("package-lock.json", here)];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
};

const finished = (svg, name) => {
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/);
  return svg
    .replace("<svg ", `<svg width="${width}" height="${height}" `)
    .replace(/font-family: "(d2-\d+-font-[a-z]+)";\n}/g, 'font-family: "$1", Helvetica, Arial, sans-serif;\n}')
    .replace("</style>", ".md p { white-space: nowrap } foreignObject { overflow: visible }</style>") // a line ends where its source says
    .concat(`<!-- docs/diagrams/${name}, sha256 ${digest(name)} -->\n`);
};

const d2 = new D2();
for (const name of readdirSync(folder).filter((each) => each.endsWith(".d2") && each !== "classes.d2")) {
  const fs = { [name]: `${read(name)}\n${GROUNDS}`, "classes.d2": read("classes.d2") };
  const { diagram, renderOptions } = await d2.compile({ fs, inputPath: name, options: { layout: "elk" } });
  const options = { ...renderOptions, themeID: LIGHT, darkThemeID: DARK, pad: 8, noXMLTag: true };
  writeFileSync(new URL(name.replace(".d2", ".svg"), folder), finished(await d2.render(diagram, options), name));
}
process.exit(0); // its worker doesn't end by itself
