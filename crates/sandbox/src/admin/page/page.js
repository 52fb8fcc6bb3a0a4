// The sandbox's page. It shows what /api says, and shows it again when /api/events reports a change.
// Everything that a provider or a caller sent is set as text, never as markup.
"use strict";

// [label, rule]: the faults of one click.
const PRESETS = [
  ["Lose the answer of the next refund", "submit:1:process-then-drop"],
  ["Lose the next refund's request", "submit:1:drop-before"],
  ["503 for the next refund", "submit:1:status=503"],
  ["502 after the next refund was made", "submit:1:process-then-status=502"],
  ["Rate limit the next request", "any:1:rate-limited=1"],
  ["Slow answers", "any:every:latency=2s"],
  ["Break the next refund's JSON", "submit:1:malformed-body"],
  ["Wrong amount in the next refund", "submit:1:altered-amount"],
];
const KINDS = {
  succeeded: "good", moved: "good", delivered: "good",
  pending: "open", queued: "open",
  failed: "bad", declined: "bad", voided: "bad", given_up: "bad",
};
const SHOWN_REQUESTS = 200;

const byId = (id) => document.getElementById(id);
const requests = new Map();
const wanted = new Set();
/** The last known status of each refund; none before the first load. */
let statuses = null;
let isLoading = false;

// ---- Elements

/** An element with these properties and children; texts become text nodes. */
function make(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("aria-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const button = (id, text, label, act) =>
  make("button", { type: "button", id, "aria-label": label, onclick: act }, text);

const status = (word) =>
  make("span", { className: "status", dataset: { kind: KINDS[word] || "" } }, word.replace("_", " "));

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

const when = (at) => make("time", { dateTime: at, title: at, className: "quiet" }, new Date(at).toLocaleTimeString());

/**
 * Makes the children of a list those of the items, in order. What did not change stays as it is, and what has the
 * focus or was open keeps it.
 */
function sync(list, items, key, build) {
  const before = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const home = focused && focused.closest("[data-key]").dataset.key;
  const nodes = items.map((item) => {
    const id = String(key(item));
    const json = JSON.stringify(item);
    const old = before.get(id);
    if (old && old.json === json) return old;
    const node = build(item);
    node.dataset.key = id;
    node.json = json;
    node.tabIndex = -1;
    if (old) {
      for (const details of old.querySelectorAll("details[open]")) {
        const same = [...node.querySelectorAll("details")].find((one) => one.id === details.id);
        if (same) same.open = true;
      }
    }
    return node;
  });
  // Moving a node takes the focus from what is in it, so nothing is moved that is in its place.
  const kept = new Set(nodes);
  for (const node of [...list.children]) if (!kept.has(node)) node.remove();
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] || null);
  });
  const empty = byId(`${list.id}-empty`);
  if (empty) empty.hidden = nodes.length > 0;
  if (focused && !list.contains(document.activeElement)) {
    const again = (focused.id && byId(focused.id)) || nodes.find((node) => node.dataset.key === home);
    (again || list.closest("section")).focus({ preventScroll: true });
  }
}

/** Options of a select, by value and text; the choice stays. */
function choose(select, options) {
  if (select.options.length === options.length) return;
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

// ---- Calls

function say(text, kind) {
  const news = byId("news");
  news.dataset.kind = kind || "";
  news.textContent = text;
}

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (method !== "GET") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body || {});
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Does something and says so; `done` makes the sentence from the answer. */
async function act(method, path, body, done) {
  try {
    say(done(await call(method, path, body)));
  } catch (error) {
    say(`That did not work: ${error.message}`, "error");
  }
}

const inject = (rule) => {
  const provider = byId("fault-provider").value;
  const body = provider ? { rule, provider } : { rule };
  return act("POST", "/api/faults", body, (answer) => `Injected ${answer.rule}.`);
};

// ---- Views

function refund(item) {
  const name = item.reference || item.id;
  const end = (verb, text) =>
    button(`${verb}-${item.id}`, text, `${text} refund ${name}`, () =>
      act("POST", `/api/refunds/${encodeURIComponent(item.id)}/${verb}`, {}, (answer) => `Refund ${name} is ${answer.status}.`));
  const history = item.history.map((step) => make("li", {}, status(step.status), " ", when(step.at)));
  return make("li", { className: "refund" },
    make("div", {}, item.amount.text, " ", status(item.status)),
    make("div", { className: "quiet" }, item.reference ? `Reference ${item.reference}` : "No reference"),
    make("div", { className: "id quiet" }, item.id),
    make("ol", { className: "timeline", "aria-label": `Life of refund ${name}` }, ...history),
    item.status === "pending"
      ? make("div", { className: "actions" }, end("settle", "Settle"), end("fail", "Fail"), end("void", "Void"))
      : null);
}

const payment = (item) => make("li", {},
  make("h3", {}, `${item.provider}: `, make("span", { className: "left" }, `${item.left.text} left`)),
  make("div", {}, `Captured ${item.captured.text}, refunded ${item.refunded.text}, pending ${item.pending.text}`),
  make("div", { className: "id quiet" }, item.id),
  item.refunds.length ? make("ul", { "aria-label": `Refunds of ${item.id}` }, ...item.refunds.map(refund)) : null);

function answered(item) {
  if (!item.answered) return make("span", { className: "quiet" }, "not known");
  const { answer, status: code, fault } = item.answered;
  const words = { open: "nothing yet", answered: String(code), dropped: "nothing: the connection was dropped" };
  return make("span", {}, words[answer], fault ? make("div", { className: "quiet" }, "fault ", make("code", {}, fault)) : null);
}

const entry = (item) => make("tr", {},
  make("td", {}, item.reference || "no reference", make("div", { className: "id quiet" }, `${item.provider} ${item.refund}`)),
  make("td", {}, item.amount.text),
  make("td", {}, status(item.state), " ", when(item.at)),
  make("td", {}, answered(item)));

const fault = (item) => make("li", {},
  make("code", {}, item.rule), ` applied ${count(item.hits, "time")} of ${count(item.seen, "call")} `,
  button(`remove-fault-${item.id}`, "Remove", `Remove fault ${item.rule}`, () =>
    act("DELETE", `/api/faults/${item.id}`, {}, () => `Removed ${item.rule}.`)));

function request(item) {
  const ends = { open: "no answer yet", answered: String(item.status), dropped: "dropped, no answer" };
  const target = item.query ? `${item.path}?${item.query}` : item.path;
  const headers = item.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const body = item.body === null ? null : make("pre", {}, item.body);
  return make("li", {},
    make("div", {}, make("strong", {}, `${item.number}. ${item.method}`), ` at ${item.provider} `, when(item.at), " ",
      make("span", { className: "status", dataset: { kind: item.status && item.status < 400 ? "good" : "bad" } }, ends[item.answer])),
    make("div", { className: "id" }, target),
    item.fault ? make("div", {}, "Fault ", make("code", {}, item.fault)) : null,
    make("details", { id: `request-${item.number}` },
      make("summary", {}, `Headers and body of request ${item.number}`),
      make("pre", {}, headers), body,
      item.body_note ? make("p", { className: "quiet" }, `${item.body_bytes} bytes, ${item.body_note}`) : null));
}

const webhook = (item) => make("li", {},
  make("div", {}, make("strong", {}, item.event), ` from ${item.provider} `, status(item.state)),
  make("div", { className: "id quiet" }, item.url),
  make("ol", { "aria-label": `Attempts of ${item.event}` }, ...item.attempts.map((attempt) =>
    make("li", {}, `Attempt ${attempt.attempt}: ${attempt.status === null ? attempt.error : attempt.status} `, when(attempt.at)))),
  item.next ? make("div", {}, item.attempts.length ? "Next attempt " : "Due ", when(item.next)) : null);

const provider = (item) => make("li", {},
  make("h3", {}, item.name), make("div", { className: "id" }, item.api_url),
  make("div", { className: "quiet" }, `Variables: ${item.env.join(", ")}`));

// ---- Loading

/** Says which refunds are new or have another status, for those who do not see it. */
function announce(payments) {
  const before = statuses;
  statuses = new Map(payments.flatMap((item) => item.refunds).map((item) => [item.id, item]));
  if (before === null) return;
  const news = [...statuses.values()].filter((item) => (before.get(item.id) || {}).status !== item.status);
  const sentences = news.slice(-3).map((item) => `Refund ${item.reference || item.id} is ${item.status}.`);
  if (sentences.length) say(sentences.join(" "));
}

async function loadState() {
  const state = await call("GET", "/api/state");
  sync(byId("payment-list"), state.payments, (item) => `${item.provider} ${item.id}`, payment);
  sync(byId("ledger-list"), state.ledger, (item) => `${item.provider} ${item.refund}`, entry);
  sync(byId("fault-list"), state.faults, (item) => item.id, fault);
  sync(byId("provider-list"), state.providers, (item) => item.name, provider);
  announce(state.payments);
  const names = state.providers.map((item) => [item.name, item.name]);
  choose(byId("fault-provider"), [["", "any provider"], ...names]);
  choose(byId("trigger-event"), state.providers.flatMap((item) => item.events.map((event) => [event, `${event} (${item.name})`])));
  if (!byId("seed-provider").options.length) {
    choose(byId("seed-provider"), names);
    byId("seed").seeds = Object.fromEntries(state.providers.map((item) => [item.name, item.seed]));
    offerSeed();
  }
}

async function loadRequests() {
  const open = [...requests.values()].filter((item) => item.answer === "open").map((item) => item.number);
  const after = open.length ? Math.min(...open) - 1 : Math.max(0, ...requests.keys());
  for (const item of (await call("GET", `/api/requests?after=${after}`)).requests) requests.set(item.number, item);
  const newest = [...requests.values()].sort((one, other) => other.number - one.number).slice(0, SHOWN_REQUESTS);
  for (const number of requests.keys()) if (number < newest[newest.length - 1].number) requests.delete(number);
  sync(byId("request-list"), newest, (item) => item.number, request);
}

async function loadDeliveries() {
  const { deliveries } = await call("GET", "/api/deliveries");
  sync(byId("delivery-list"), [...deliveries].reverse(), (item) => item.id, webhook);
}

/** Loads what changed; what changes meanwhile is loaded next. */
async function load(changed) {
  for (const part of changed) wanted.add(part);
  if (isLoading) return;
  isLoading = true;
  try {
    while (wanted.size) {
      const parts = new Set(wanted);
      wanted.clear();
      // The ledger shows what requests were answered.
      if (parts.has("payments") || parts.has("faults") || parts.has("requests")) await loadState();
      if (parts.has("requests")) await loadRequests();
      if (parts.has("deliveries")) await loadDeliveries();
    }
  } catch (error) {
    say(`The sandbox cannot be read: ${error.message}`, "error");
  } finally {
    isLoading = false;
  }
}

function connection(state, text) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = text;
}

function follow() {
  const events = new EventSource("/api/events");
  events.addEventListener("open", () => {
    connection("live", "Live");
    say("");
    requests.clear();
    statuses = null;
    load(["payments", "requests", "deliveries", "faults"]);
  });
  events.addEventListener("change", (event) => load(JSON.parse(event.data).changed));
  events.addEventListener("error", () => connection("lost", "The sandbox is gone; waiting for it"));
}

// ---- Controls

function offerSeed() {
  const seed = byId("seed").seeds[byId("seed-provider").value];
  byId("seed-amount").value = seed.amount;
  byId("seed-currency").value = seed.currency;
}

/** A form that stays on the page. */
const onSubmit = (id, act) => byId(id).addEventListener("submit", (event) => {
  event.preventDefault();
  act();
});

byId("fault-presets").append(...PRESETS.map(([text, rule]) => button(`preset-${rule}`, text, text, () => inject(rule))));
byId("seed-provider").addEventListener("change", offerSeed);
byId("settle-all").addEventListener("click", () =>
  act("POST", "/api/settle", {}, (answer) => `Settled ${count(answer.settled, "pending refund")}.`));
byId("clear-faults").addEventListener("click", () =>
  act("DELETE", "/api/faults", {}, (answer) => `Removed ${count(answer.removed, "fault")}.`));
byId("deliver").addEventListener("click", () =>
  act("POST", "/api/deliveries", {}, (answer) => `Sent ${count(answer.attempts, "webhook")}.`));
onSubmit("fault-form", () => inject(byId("fault-rule").value));
onSubmit("trigger", () => {
  const refundId = byId("trigger-refund").value.trim();
  const event = byId("trigger-event").value;
  act("POST", "/api/trigger", refundId ? { event, refund: refundId } : { event }, (answer) => `Sent ${count(answer.queued, "webhook")}.`);
});
onSubmit("seed", () => {
  const refunds = byId("seed-refunds").value;
  act("POST", "/api/payments", {
    provider: byId("seed-provider").value,
    amount: Number(byId("seed-amount").value),
    currency: byId("seed-currency").value,
    asynchronous: refunds === "later",
    outcome: refunds === "declined" ? "declined" : "succeeded",
  }, (answer) => `Added payment ${answer.id}.`);
});
follow();
