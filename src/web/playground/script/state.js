// What the page knows, and how it asks for more. The pieces of this folder are one module, joined in the binary.

const byId = (id) => document.getElementById(id);
const list = byId("messages");
const composer = byId("composer");

/** Who types, where, and what can be named there; replaced with every change of the channel. */
let page = JSON.parse(document.body.dataset.page);

const fragment = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};

const element = (tag, properties = {}, ...inner) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inner);
  return made;
};

const remember = (key, value) => {
  try {
    localStorage.setItem(`prism.${key}`, value);
  } catch {
    // A browser may refuse storage; the page works without.
  }
};

const recall = (key) => {
  try {
    return localStorage.getItem(`prism.${key}`);
  } catch {
    return null;
  }
};

const toast = (words) => {
  const shown = element("p", { className: "toast", textContent: words });
  const toasts = byId("toasts");
  toasts.append(shown);
  while (toasts.children.length > 4) toasts.firstChild.remove();
  setTimeout(() => shown.remove(), 4000 + words.length * 60);
};

/** Does what a person does. Answers null after showing why it could not be done. */
const act = async (action, body = {}) => {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel: page.channel, as: page.as, ...body }),
  };
  const answer = await fetch(`/playground/${action}`, request).catch(() => null);
  if (answer === null) {
    toast("Prism cannot be reached. Is it still running?");
    return null;
  }
  if (answer.ok) {
    const done = answer.status === 204 ? {} : await answer.json();
    if (done.interaction) waiting.add(done.interaction);
    if (waiting.size > 100) waiting.delete(waiting.values().next().value);
    return done;
  }
  const { error } = await answer.json().catch(() => ({}));
  toast(error ?? `That did not work (${answer.status}).`);
  return null;
};

const name = (id) => page.people.find((person) => person.id === id)?.name ?? "someone";

/** Times are written in the visitor's own zone. */
const localise = (root) => {
  for (const time of root.querySelectorAll("time[data-seconds]")) {
    const date = new Date(time.dataset.seconds * 1000);
    time.dateTime = date.toISOString();
    time.title = date.toLocaleString();
    time.textContent = inWords(date, time.dataset.format);
  }
};

const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

const inWords = (date, format) => {
  if (format !== "R") return date.toLocaleString(undefined, FORMATS[format] ?? FORMATS.f);
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
};
