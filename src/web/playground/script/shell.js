// Everything around the conversation: places, people, personas, theme, keys.

const go = (channel, as = page.as) => {
  if (channel !== page.channel) {
    drafts.set(page.channel, composer.value);
    setMode({});
    setText(drafts.get(channel) ?? "");
    closePalette();
  }
  history.pushState(null, "", `/playground?${new URLSearchParams({ channel, as })}`);
  connect(channel, as);
};

window.addEventListener("popstate", () => {
  const asked = new URLSearchParams(location.search);
  const as = asked.get("as") ?? page.as;
  const radio = document.querySelector(`#as-user input[value="${CSS.escape(as)}"]`);
  if (radio) radio.checked = true;
  connect(asked.get("channel") ?? page.channel, as);
});

byId("places").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-channel-id]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  closeDrawers();
  go(link.dataset.channelId);
  composer.focus();
});

byId("as-user").addEventListener("change", (event) => {
  setMode({});
  go(page.channel, event.target.value);
});

const reveal = (spoiler) => {
  for (const attribute of ["role", "tabindex", "aria-label"]) spoiler.removeAttribute(attribute);
  spoiler.firstElementChild.removeAttribute("inert");
};

const jumpTo = (id) => {
  const message = find(id);
  if (!message) return toast("That message is not here any more.");
  message.scrollIntoView({ block: "center" });
  message.setAttribute("tabindex", "0");
  message.focus();
};

/** The second press deletes, so that a slip does not. */
const remover = (button, id) => {
  if (button.hasAttribute("data-armed")) return act("delete", { message: id });
  button.setAttribute("data-armed", "");
  button.textContent = "Really?";
  button.addEventListener("blur", () => {
    button.removeAttribute("data-armed");
    button.textContent = "Delete";
  }, { once: true });
};

const ACTIONS = {
  reply: (_, id) => setMode({ reply: id }),
  edit: (_, id) => startEdit(id),
  delete: remover,
  jump: (button) => jumpTo(button.dataset.to),
  copy: async (button) => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
  },
  press: async (button, id) => {
    if (button.hasAttribute("data-waiting")) return;
    hold(button, true);
    const done = await act("press", { message: id, custom_id: button.dataset.customId });
    if (!done) hold(button, false);
  },
  persona: async (button) => {
    const { persona } = button.dataset;
    const chat = page.commands.find(({ path }) => path === "chat");
    if (!page.chooses && chat) {
      closeDrawers();
      return fill(chat, { persona });
    }
    const done = await act("invoke", { command: "persona use", options: { persona } });
    if (!done) return;
    closeDrawers();
    if (!composer.value && !page.direct) setText(`@${name(page.bot)} `);
    composer.focus();
  },
  push: (button) => act("push", { button: button.dataset.push }),
  hint: (button) => {
    setText(button.dataset.text);
    composer.focus();
  },
  answer: () => {
    const last = messages().findLast((message) => message.hasAttribute("data-ours"));
    if (last) setMode({ reply: last.dataset.messageId });
    else toast("There is nothing to answer yet: say something first.");
  },
};

document.addEventListener("click", (event) => {
  const spoiler = event.target.closest(".spoiler[role]");
  if (spoiler) return reveal(spoiler);
  const button = event.target.closest("button[data-action]");
  if (button) ACTIONS[button.dataset.action]?.(button, button.closest("[data-message-id]")?.dataset.messageId);
});

list.addEventListener("keydown", (event) => {
  const spoiler = event.target.closest(".spoiler[role]");
  if (spoiler && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    return reveal(spoiler);
  }
  const message = event.target.closest("[data-message-id]");
  if (!message || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return composer.focus();
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const all = messages();
    const next = all[all.indexOf(message) + (event.key === "ArrowUp" ? -1 : 1)];
    event.preventDefault();
    if (!next) return event.key === "ArrowDown" ? composer.focus() : undefined;
    message.tabIndex = -1;
    next.tabIndex = 0;
    return next.focus();
  }
  const tool = { r: "reply", e: "edit", Delete: "delete" }[event.key];
  const button = tool && event.target === message && message.querySelector(`.tools [data-action="${tool}"]`);
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
});

const openDrawer = (id, button) => {
  const open = byId(id).toggleAttribute("data-open");
  button.setAttribute("aria-expanded", String(open));
  if (open) byId(id).querySelector("a, button, input")?.focus();
};
const closeDrawers = () => {
  for (const [id, button] of [["rail", "open-rail"], ["side", "open-side"]]) {
    byId(id).removeAttribute("data-open");
    byId(button).setAttribute("aria-expanded", "false");
  }
};
byId("open-rail").addEventListener("click", (event) => openDrawer("rail", event.currentTarget));
byId("open-side").addEventListener("click", (event) => openDrawer("side", event.currentTarget));
document.querySelector("main").addEventListener("pointerdown", closeDrawers);

const jump = byId("jump");
const jumpList = byId("jump-list");
const showJump = () => {
  const typed = byId("jump-to").value.trim().replace(/^[#@]/u, "").toLowerCase();
  const links = [...byId("places").querySelectorAll("a")].filter((link) => link.textContent.toLowerCase().includes(typed));
  jumpList.replaceChildren(...links.map((link, index) => {
    const choice = element("li", { id: `jump-${index}`, textContent: link.dataset.title });
    choice.dataset.channel = link.dataset.channelId;
    choice.setAttribute("role", "option");
    return choice;
  }));
  markJump(0);
};
const markJump = (at) => {
  const all = [...jumpList.children];
  const index = (at + all.length) % (all.length || 1);
  all.forEach((choice, place) => choice.setAttribute("aria-selected", String(place === index)));
  byId("jump-to").setAttribute("aria-activedescendant", all[index]?.id ?? "");
};
const takeJump = (choice) => {
  jump.close();
  if (choice) go(choice.dataset.channel);
  composer.focus();
};
byId("jump-to").addEventListener("input", showJump);
jump.addEventListener("keydown", (event) => {
  const all = [...jumpList.children];
  const at = all.findIndex((choice) => choice.ariaSelected === "true");
  if (event.key === "ArrowDown") markJump(at + 1);
  else if (event.key === "ArrowUp") markJump(at - 1);
  else if (event.key === "Enter") takeJump(all[at]);
  else return;
  event.preventDefault();
});
jumpList.addEventListener("click", (event) => takeJump(event.target.closest("li")));

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    byId("jump-to").value = "";
    showJump();
    jump.showModal();
  } else if (event.key === "Escape") {
    closeDrawers();
  }
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const showTheme = () => {
  const night = (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  byId("theme").textContent = night ? "Day" : "Night";
};
byId("theme").addEventListener("click", () => {
  const next = byId("theme").textContent === "Day" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  remember("theme", next);
  showTheme();
});
dark.addEventListener("change", showTheme);
showTheme();

byId("hints").hidden = recall("hints") === "seen";
byId("hints-close").addEventListener("click", () => {
  byId("hints").hidden = true;
  remember("hints", "seen");
  composer.focus();
});

dress(list);
markCard();
showAbsence(page.absence);
list.scrollTop = list.scrollHeight;
connect(page.channel, page.as);
invite();
