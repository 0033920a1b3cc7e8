// One list of suggestions for everything that is typed: commands, people, channels, values of an option.

const palette = byId("palette");
/** The place of the selected item while there is none: keys but the arrows are the field's own. */
const NONE = -1;
const suggestions = { items: [], at: NONE, owner: null };

/** Shows items `{ mark, label, hint, pick }` for the field that has the focus. */
const suggest = (owner, items, empty = "", at = 0) => {
  suggestions.owner?.removeAttribute("aria-activedescendant");
  Object.assign(suggestions, { owner, items: items.slice(0, 25), at: NONE });
  palette.hidden = items.length === 0 && empty === "";
  tellExpanded(owner);
  palette.replaceChildren(...suggestions.items.map(row));
  if (items.length === 0) palette.append(nothing(empty));
  if (at !== NONE) select(at);
};

/** The message box is no combobox to assistive technology, the options of a command are. */
const tellExpanded = (owner) => {
  if (owner?.role === "combobox") owner.setAttribute("aria-expanded", String(!palette.hidden));
};

const row = (item, index) => {
  const shown = element("li", { id: `palette-${index}` }, element("b", { textContent: `${item.mark ?? ""}${item.label}` }));
  if (item.hint) shown.append(element("small", { textContent: item.hint }));
  shown.setAttribute("role", "option");
  return shown;
};

const nothing = (words) => {
  const shown = element("li", { className: "empty", textContent: words });
  shown.setAttribute("role", "option");
  shown.setAttribute("aria-disabled", "true");
  return shown;
};

const select = (at) => {
  const count = suggestions.items.length;
  if (count === 0) return;
  suggestions.at = (at + count) % count;
  [...palette.children].forEach((child, index) => child.setAttribute("aria-selected", String(index === suggestions.at)));
  suggestions.owner.setAttribute("aria-activedescendant", `palette-${suggestions.at}`);
  palette.children[suggestions.at].scrollIntoView({ block: "nearest" });
};

const closePalette = () => {
  if (suggestions.owner) {
    suggestions.owner.removeAttribute("aria-activedescendant");
  }
  palette.hidden = true;
  tellExpanded(suggestions.owner);
  Object.assign(suggestions, { items: [], owner: null });
};

const choose = (how) => {
  const item = suggestions.items[suggestions.at];
  closePalette();
  item?.pick(how);
};

/** Keys that belong to the open list; says whether it took the key. */
const paletteKey = (event) => {
  if (palette.hidden || event.isComposing) return false;
  const any = suggestions.items.length > 0;
  const chosen = any && suggestions.at !== NONE;
  if (event.key === "Escape") closePalette();
  else if (any && event.key === "ArrowDown") select(suggestions.at + 1);
  else if (any && event.key === "ArrowUp") select(Math.max(suggestions.at, 0) - 1);
  else if (chosen && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(event.key);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
};

palette.addEventListener("mousedown", (event) => {
  event.preventDefault();
  const index = [...palette.children].indexOf(event.target.closest("[role=option]"));
  if (index < 0) return;
  suggestions.at = index;
  choose("Enter");
});

/** What the text before the caret asks for. */
const suggestForComposer = () => {
  const before = composer.value.slice(0, composer.selectionStart);
  if (before.startsWith("/") && !before.includes("\n") && !mode.edit) {
    const found = commandItems(composer.value.slice(1));
    const none = page.commands.length ? "No such command." : "The bot has not registered its commands yet.";
    return suggest(composer, found, before.includes(" ") ? "" : none);
  }
  const open = before.match(/(?:^|[\s(])([@#])([^\s@#]*)$/u);
  if (!open) return closePalette();
  const [, mark, typed] = open;
  suggest(composer, nameItems(mark, typed.toLowerCase(), composer.selectionStart - typed.length - 1));
};

const commandItems = (typed) => {
  const text = typed.toLowerCase();
  const exact = page.commands.filter(({ path }) => text === path || text.startsWith(`${path} `));
  const begun = page.commands.filter(({ path }) => path.startsWith(text) && text !== path);
  const within = page.commands.filter(({ path }) => text && path.includes(text) && !path.startsWith(text));
  exact.sort((one, other) => other.path.length - one.path.length);
  return [...exact, ...begun, ...within].map((command) => ({
    mark: "/",
    label: command.path,
    hint: [command.options.map((option) => (option.required ? option.name : `[${option.name}]`)).join(" "), command.description]
      .filter(Boolean)
      .join(" · "),
    pick: (how) => prepare(command, exact.includes(command) ? typed.slice(command.path.length).trim() : "", how),
  }));
};

const nameItems = (mark, typed, from) => {
  const people = page.people.map((person) => ({ label: person.name, hint: person.bot ? "bot" : "" }));
  const roles = page.roles.map((role) => ({ label: role.name, hint: "role" }));
  const channels = page.channels.map((channel) => ({ label: channel.name, hint: channel.kind }));
  const known = mark === "@" ? [...people, ...roles] : channels;
  const begins = known.filter(({ label }) => label.toLowerCase().startsWith(typed));
  return begins.map((item) => ({ ...item, mark, pick: () => insertName(`${mark}${item.label} `, from) }));
};

const insertName = (text, from) => {
  composer.setRangeText(text, from, composer.selectionStart, "end");
  typed();
};
