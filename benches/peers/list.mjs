// Reads the same list again and again with the official SDK; prints the CPU time of one call as JSON.
//
//     node list.mjs URL PAYMENT ITEMS
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, payment, items] = process.argv.slice(2);
// The SDK is installed in the working directory, not beside this file.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { Gr4vy } = require("@gr4vy/sdk");
const client = new Gr4vy({ serverURL: url, id: "benches", bearerAuth: "a-ready-token" });

async function batch(calls) {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) {
    const page = await client.transactions.refunds.list(payment);
    if (page.items.length !== Number(items)) throw new Error(`${page.items.length} items`);
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}

await batch(100);
let nanos = Infinity;
for (let round = 0; round < 10; round++) nanos = Math.min(nanos, await batch(50));
const { version } = JSON.parse(readFileSync("node_modules/@gr4vy/sdk/package.json"));
console.log(JSON.stringify({ nanos: Math.round(nanos), version, runtime: `Node ${process.versions.node}` }));
