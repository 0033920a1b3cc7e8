// The message box: writing, answering a message, changing an own one.

const MAX_LENGTH = 2000;
const drafts = new Map();
const mode = { reply: null, edit: null };
let sending = Promise.resolve();

const setText = (text) => {
  composer.value = text;
  typed();
};

const typed = () => {
  if (!CSS.supports("field-sizing", "content")) {
    composer.style.height = "auto";
    composer.style.height = `${composer.scrollHeight}px`;
  }
  const left = MAX_LENGTH - [...composer.value].length;
  const count = byId("count");
  count.hidden = left > 200;
  count.textContent = left;
  count.toggleAttribute("data-over", left < 0);
  suggestForComposer();
};

/** Says where the words will go. */
const invite = () => {
  composer.placeholder = `${page.direct ? "Write to" : "Write in"} ${page.title} as ${name(page.as)}`;
};

const setMode = (next) => {
  Object.assign(mode, { reply: null, edit: null }, next);
  const on = mode.reply ?? mode.edit;
  byId("mode").hidden = !on;
  document.querySelectorAll("[data-target]").forEach((message) => message.removeAttribute("data-target"));
  if (!on) return;
  const message = find(on);
  message?.setAttribute("data-target", "");
  byId("mode-words").textContent = mode.edit
    ? "Changing your message"
    : `Answering ${message?.dataset.name ?? "a message"}: ${message?.querySelector(".text")?.innerText.slice(0, 120) ?? ""}`;
  byId("mode-ping").hidden = Boolean(mode.edit);
  composer.focus();
};

const startEdit = (id) => {
  setMode({ edit: id });
  setText(find(id)?.dataset.source ?? "");
  composer.setSelectionRange(composer.value.length, composer.value.length);
};

const leaveMode = () => {
  if (mode.edit) setText("");
  setMode({});
};

const send = () => {
  const text = composer.value.trim();
  if (!text) return;
  if (text.startsWith("/") && !mode.edit) {
    const [item] = commandItems(text.slice(1));
    return item ? item.pick("Enter") : toast("There is no such command. Type / to see them.");
  }
  const body = { text };
  let action = "say";
  if (mode.edit) {
    action = "edit";
    body.message = mode.edit;
  } else if (mode.reply) {
    body.reply_to = mode.reply;
    body.ping = byId("ping").checked;
  }
  setText("");
  const was = { ...mode };
  setMode({});
  sticks = true;
  // One after another, so that quick messages keep their order.
  const place = { channel: page.channel, as: page.as };
  sending = sending.then(() => act(action, { ...place, ...body })).then((done) => {
    if (done || composer.value || page.channel !== place.channel) return;
    setMode(was);
    setText(text);
  });
};

const editLast = () => {
  const own = messages().findLast((message) => message.hasAttribute("data-own"));
  if (own) startEdit(own.dataset.messageId);
};

composer.addEventListener("input", typed);
composer.addEventListener("blur", closePalette);
composer.addEventListener("keydown", (event) => {
  if (paletteKey(event) || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "ArrowUp" && !composer.value) {
    event.preventDefault();
    editLast();
  } else if (event.key === "Escape") {
    leaveMode();
  }
});
byId("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  if (filling) run(filling, filled());
  else send();
});
byId("mode-leave").addEventListener("click", () => {
  leaveMode();
  composer.focus();
});
