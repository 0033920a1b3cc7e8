// A slash command being filled in: one field per option, in the place of the message box.

const commandBox = byId("command");
let filling = null;

/** From the palette: runs at once what is complete, otherwise asks for the rest. */
const prepare = (command, rest, how) => {
  const values = readValues(command, rest);
  const complete = command.options.every((option) => !option.required || values[option.name]);
  if (how === "Enter" && complete && (rest || command.options.length === 0)) return runTyped(command, values);
  fill(command, values);
};

/** What was refused comes back to be mended, unless something else was begun. */
const runTyped = async (command, values) => {
  const [text, place] = [composer.value, page.channel];
  setText("");
  if (await run(command, values) || composer.value || page.channel !== place) return;
  setText(text);
};

/** A value runs from its `name:` to the next one, or stands in quotes. Words before the first belong to `spoken`. */
const readValues = (command, rest) => {
  const values = {};
  const named = (key) => command.options.find((option) => option.name === key.toLowerCase());
  const marks = [...rest.matchAll(/(?<=^|\s)([\p{L}\p{N}_-]+):(?:\s*"[^"]*"(?=\s|$))?/gu)].filter(([, key]) => named(key));
  marks.forEach(({ index, 1: key }, at) => {
    const text = rest.slice(index + key.length + 1, marks[at + 1]?.index).trim();
    values[named(key).name] = meant(named(key), text.replace(/^"([^"]*)"$/u, "$1"));
  });
  const [bare, option] = [rest.slice(0, marks[0]?.index).trim(), spoken(command)];
  if (bare && option) values[option.name] ??= meant(option, bare);
  return values;
};

/** The option that needs no name: the one text that must be there, otherwise the first of all. */
const spoken = ({ options }) => {
  const texts = options.filter((option) => option.required && option.kind === "text");
  return texts.length === 1 ? texts[0] : options[0];
};

/** Choices, people and channels may be typed by their names. */
const meant = (option, text) => {
  const typed = (["user", "channel"].includes(option.kind) ? text.replace(/^[@#]/u, "") : text).toLowerCase();
  const is = (other) => String(other).toLowerCase() === typed;
  const choice = fixedChoices(option)?.find(({ name, value }) => is(name) || is(value));
  return String(choice?.value ?? text);
};

const run = async (command, values) => {
  const done = await act("invoke", { command: command.path, options: values });
  if (done && filling) leaveCommand();
  return done;
};

const fill = (command, values) => {
  filling = command;
  closePalette();
  const fields = command.options.filter((option) => option.kind !== "other").map((option) => field(option, values[option.name]));
  const submit = element("button", { type: "submit", className: "strong", textContent: "Run" });
  const cancel = element("button", { type: "button", className: "plain", textContent: "Cancel", onclick: leaveCommand });
  commandBox.replaceChildren(element("span", { className: "name", textContent: `/${command.path}` }), ...fields, submit, cancel);
  commandBox.hidden = false;
  byId("words").hidden = true;
  setText("");
  const inputs = [...commandBox.querySelectorAll("input, select")];
  (inputs.find((input) => !input.value) ?? inputs[0] ?? submit).focus();
};

const field = (option, value = "") => {
  const input = fixedChoices(option) ? choiceField(option) : textField(option);
  input.name = option.name;
  input.required = option.required;
  input.value = value;
  input.title = option.description;
  const label = element("label", {}, `${option.name}${option.required ? "" : " (optional)"}`, input);
  label.toggleAttribute("data-long", option.kind === "text" && !option.autocomplete);
  return label;
};

const fixedChoices = (option) => {
  if (option.choices.length) return option.choices;
  if (option.kind === "boolean") return [{ name: "yes", value: "true" }, { name: "no", value: "false" }];
  if (option.kind === "user") return page.people.map(({ id, name }) => ({ name, value: id }));
  if (option.kind === "channel") return page.channels.map(({ id, name }) => ({ name, value: id }));
  return null;
};

const choiceField = (option) => {
  const choices = fixedChoices(option).map((choice) => new Option(choice.name, choice.value));
  return element("select", {}, ...(option.required ? [] : [new Option("", "")]), ...choices);
};

const textField = (option) => {
  const input = element("input", { autocomplete: "off", placeholder: option.description });
  if (option.kind === "integer" || option.kind === "number") input.inputMode = "decimal";
  if (!option.autocomplete) return input;
  for (const [key, value] of [["role", "combobox"], ["aria-controls", "palette"], ["aria-autocomplete", "list"], ["aria-expanded", "false"]]) {
    input.setAttribute(key, value);
  }
  input.addEventListener("input", () => {
    delete input.dataset.value;
    complete(option, input, input.value ? 0 : NONE);
  });
  // Whoever only passes by chooses nothing.
  input.addEventListener("focus", () => complete(option, input, NONE));
  input.addEventListener("blur", closePalette);
  return input;
};

const filled = () => {
  const inputs = [...commandBox.querySelectorAll("input, select")];
  return Object.fromEntries(inputs.map((input) => [input.name, input.dataset.value ?? input.value]));
};

let asked = 0;
const complete = async (option, input, at) => {
  asked += 1;
  const mine = asked;
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked || document.activeElement !== input) return;
  const answer = await act("complete", { command: filling.path, options: filled(), focused: option.name });
  if (mine !== asked || document.activeElement !== input || !answer) return;
  const items = answer.choices.map((choice) => {
    const [label, ...rest] = choice.name.split(": ");
    const pick = () => {
      asked += 1;
      input.value = label;
      input.dataset.value = choice.value;
    };
    return { label, hint: rest.join(": "), pick };
  });
  suggest(input, items, "Nothing fits.", at);
};

const leaveCommand = () => {
  filling = null;
  closePalette();
  commandBox.hidden = true;
  byId("words").hidden = false;
  composer.focus();
};

commandBox.addEventListener("keydown", (event) => {
  if (paletteKey(event)) return;
  if (event.key === "Escape") leaveCommand();
  // A field sends its form by itself, a list of choices does not.
  if (event.key !== "Enter" || !event.target.matches("select")) return;
  event.preventDefault();
  byId("compose").requestSubmit();
});
