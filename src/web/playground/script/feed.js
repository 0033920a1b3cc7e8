// The stream of what happens: messages are put into their place, replaced and removed as the server says.

const SETTLED = 900;
/** The server draws this many of a channel; three times as many are kept while they come in. */
const DRAWN = 100;
const FIGURE_WAITS = [0, 1500, 3000, 6000, 12000];

let stream = null;
let sticks = true;
const settling = new Map();
const figures = new Map();
const waiting = new Set();
/** What was never answered, kept over a new connection. */
const NOTES = 20;
const notes = [];

const connect = (channel, as) => {
  stream?.close();
  stream = new EventSource(`/playground/events?${new URLSearchParams({ channel, as })}`);
  const on = (kind, handle) => stream.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  on("channel", showChannel);
  on("put", put);
  on("gone", ({ id }) => remove(id));
  on("unanswered", unanswered);
  on("answered", answered);
  on("typing", showTyping);
  on("unread", ({ channel }) => markUnread(channel));
  on("places", ({ html }) => showPlaces(html));
  on("head", ({ html }) => showHead(html));
  on("presence", ({ absence }) => showAbsence(absence));
  on("panel", showPanel);
  on("commands", ({ commands }) => { page.commands = commands; });
  const mine = stream;
  stream.onopen = () => lost(false);
  stream.onerror = () => {
    lost(true);
    if (mine.readyState !== EventSource.CLOSED) return;
    setTimeout(() => { if (mine === stream) connect(page.channel, page.as); }, 2000);
  };
};

const lost = (is) => byId("source").toggleAttribute("data-lost", is);

const find = (id) => list.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
const messages = () => [...list.querySelectorAll("[data-message-id]")];

const showChannel = (shown) => {
  const moved = shown.page.channel !== page.channel;
  page = shown.page;
  showHead(shown.head);
  showAbsence(page.absence);
  const at = list.scrollTop;
  list.replaceChildren(fragment(shown.messages));
  if (moved) sticks = true;
  notes.filter(({ channel, as }) => channel === page.channel && as === page.as).forEach(placeNote);
  dress(list);
  showPlaces(shown.places);
  showTyping(null);
  byId("below").hidden = true;
  list.scrollTop = sticks ? list.scrollHeight : at;
  invite();
  messages().slice(-20).forEach((message) => askFigures(message.dataset.messageId, FIGURE_WAITS.length - 1));
};

const showHead = (html) => {
  byId("head").replaceChildren(fragment(html));
  markCard();
};

/** Marks the card of the persona that answers here. */
const markCard = () => {
  const here = byId("head").querySelector("[data-persona-id]")?.dataset.personaId;
  for (const card of byId("side").querySelectorAll("[data-persona-id]")) {
    card.toggleAttribute("data-here", card.dataset.personaId === here);
  }
};

const showAbsence = (absence) => {
  byId("away").textContent = absence ?? "";
  byId("away").hidden = !absence;
};

/** What the server's HTML lacks: local times, grouping, what the visitor had opened or marked. */
const dress = (root) => {
  localise(root);
  let last = null;
  for (const message of messages()) {
    const { author, at } = message.dataset;
    const follows = last && last.dataset.author === author && at - last.dataset.at < 420000;
    message.toggleAttribute("data-continued", Boolean(follows && !message.querySelector(".quoted")));
    const known = figures.get(message.dataset.messageId);
    if (known) message.querySelector(".figures").textContent = known;
    last = message;
  }
  const all = messages();
  if (!all.some((message) => message.tabIndex === 0)) all.at(-1)?.setAttribute("tabindex", "0");
};

const put = ({ id, html }) => {
  const content = fragment(html);
  const fresh = content.firstElementChild;
  const old = find(id);
  if (old) {
    const refocus = focusIn(old, fresh);
    carryOver(old, fresh);
    old.replaceWith(fresh);
    refocus();
  } else {
    fresh.dataset.fresh = "";
    place(fresh, BigInt(id));
  }
  dress(fresh);
  if (sticks) list.scrollTop = list.scrollHeight;
  else if (!old) byId("below").hidden = false;
  if (fresh.dataset.author !== page.as) {
    showTyping(null);
    settle(id);
  }
};

/** Ids grow with time, whatever the order of arrival. */
const place = (fresh, id) => {
  const all = messages();
  const after = all.findLast((message) => BigInt(message.dataset.messageId) < id);
  if (after) after.after(fresh);
  else if (all.length < DRAWN) list.querySelector(".opening").after(fresh);
  if (sticks && all.length >= 3 * DRAWN) all[0].remove();
};

const carryOver = (old, fresh) => {
  fresh.tabIndex = old.tabIndex;
  const opened = [...old.querySelectorAll(".spoiler")].map((spoiler) => !spoiler.hasAttribute("role"));
  fresh.querySelectorAll(".spoiler").forEach((spoiler, index) => { if (opened[index]) reveal(spoiler); });
};

/** A message that is replaced while the keyboard is inside of it gives the focus on to its successor. */
const focusIn = (old, fresh) => {
  const able = "button, a, [tabindex]";
  if (document.activeElement === old) return () => fresh.focus({ preventScroll: true });
  const index = [...old.querySelectorAll(able)].indexOf(document.activeElement);
  if (index < 0) return () => {};
  return () => (fresh.querySelectorAll(able)[index] ?? fresh).focus({ preventScroll: true });
};

/** Only what was asked on this page is reported here; suggestions that fail are said elsewhere. */
const unanswered = ({ id, html }) => {
  if (!waiting.delete(id)) return;
  const note = { channel: page.channel, as: page.as, after: messages().at(-1)?.dataset.messageId ?? "", html };
  notes.push(note);
  if (notes.length > NOTES) notes.shift();
  placeNote(note);
  release(list);
  if (sticks) list.scrollTop = list.scrollHeight;
};

/** Notes on the same message stand in their order. */
const placeNote = ({ after, html }) => {
  let before = find(after) ?? list.querySelector(".opening");
  while (before.nextElementSibling?.matches(".note")) before = before.nextElementSibling;
  before.after(fragment(html));
};

/** An answer need not change the message whose button was pressed. */
const answered = ({ id, pressed }) => {
  waiting.delete(id);
  const message = pressed && find(pressed);
  if (message) release(message);
};

const release = (root) => {
  root.querySelectorAll("button[data-waiting]").forEach((button) => hold(button, false));
};

/** Stays in reach of the keyboard, which a disabled button would not. */
const hold = (button, is) => {
  button.toggleAttribute("data-waiting", is);
  button.ariaDisabled = is ? "true" : null;
};

const remove = (id) => {
  const message = find(id);
  if (!message) return;
  const next = message.nextElementSibling ?? message.previousElementSibling;
  const hadFocus = message.contains(document.activeElement);
  message.remove();
  dress(list);
  if (hadFocus) (next?.matches("[data-message-id]") ? next : composer).focus();
};

/** A reply grows for a while: it is read out, and asked for its figures, when it has come to rest. */
const settle = (id) => {
  clearTimeout(settling.get(id));
  settling.set(id, setTimeout(() => {
    settling.delete(id);
    const message = find(id);
    if (!message || message.hasAttribute("data-pending")) return;
    announce(message);
    askFigures(id, 0);
  }, SETTLED));
};

const announce = (message) => {
  const words = message.querySelector(".text")?.innerText ?? "";
  byId("announcer").textContent = `${message.getAttribute("aria-label")}: ${words.slice(0, 400)}`;
};

const askFigures = async (id, attempt) => {
  const message = find(id);
  if (!message?.hasAttribute("data-ours") || figures.has(id) || settling.has(id)) return;
  const answer = await fetch(`/playground/figures/${id}`).catch(() => null);
  if (answer?.status === 200) {
    figures.set(id, (await answer.json()).line);
    const line = find(id)?.querySelector(".figures");
    if (line) line.textContent = figures.get(id);
    if (sticks) list.scrollTop = list.scrollHeight;
  } else if (attempt + 1 < FIGURE_WAITS.length) {
    setTimeout(() => askFigures(id, attempt + 1), FIGURE_WAITS[attempt + 1]);
  }
};

let typingEnds = 0;
const showTyping = (typing) => {
  clearTimeout(typingEnds);
  byId("typing").hidden = !typing;
  if (!typing) return;
  byId("typing-name").textContent = typing.name;
  typingEnds = setTimeout(() => showTyping(null), 10000);
};

const showPlaces = (html) => {
  const focused = document.activeElement?.closest?.("#places a")?.dataset.channelId;
  const unread = [...byId("places").querySelectorAll("[data-unread]")].map((link) => link.dataset.channelId);
  byId("places").replaceChildren(fragment(html));
  unread.filter((channel) => channel !== page.channel).forEach(markUnread);
  if (focused) placeLink(focused)?.focus();
  countUnread();
};

const placeLink = (channel) => byId("places").querySelector(`[data-channel-id="${CSS.escape(channel)}"]`);

const markUnread = (channel) => {
  placeLink(channel)?.setAttribute("data-unread", "");
  countUnread();
};

const countUnread = () => {
  const count = byId("places").querySelectorAll("[data-unread]").length;
  document.title = `${count ? `(${count}) ` : ""}${page.title} · Prism playground`;
};

list.addEventListener("scroll", () => {
  sticks = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (sticks) byId("below").hidden = true;
});
new ResizeObserver(() => { if (sticks) list.scrollTop = list.scrollHeight; }).observe(list);
byId("below").addEventListener("click", () => {
  list.scrollTop = list.scrollHeight;
  composer.focus();
});
