// A slash command being filled in: one field per option, in the place of the message box.

const commandBox = byId("command");
let filling = null;

/** From the palette: runs at once what is complete, otherwise asks for the rest. */
const prepare = (command, rest, how) => {
  const values = readValues(command, rest);
  const complete = command.options.every((option) => !option.required || values[option.name]);
  if (how === "Enter" && complete && (rest || command.options.length === 0)) {
    setText("");
    return run(command, values);
  }
  fill(command, values);
};

/** `name:value` pairs; without any, the words belong to the first option. */
const readValues = (command, rest) => {
  const values = {};
  const names = command.options.map((option) => option.name);
  const pairs = [...rest.matchAll(/([\w-]+):\s*("[^"]*"|\S+)/gu)].filter(([, key]) => names.includes(key));
  for (const [, key, value] of pairs) values[key] = value.replace(/^"|"$/gu, "");
  if (pairs.length === 0 && rest && names.length) values[names[0]] = rest;
  return values;
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
  const ask = () => complete(option, input);
  input.addEventListener("input", () => {
    delete input.dataset.value;
    ask();
  });
  input.addEventListener("focus", ask);
  input.addEventListener("blur", closePalette);
  return input;
};

const filled = () => {
  const inputs = [...commandBox.querySelectorAll("input, select")];
  return Object.fromEntries(inputs.map((input) => [input.name, input.dataset.value ?? input.value]));
};

let asked = 0;
const complete = async (option, input) => {
  asked += 1;
  const mine = asked;
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked || document.activeElement !== input) return;
  const answer = await act("complete", { command: filling.path, options: filled(), focused: option.name });
  if (mine !== asked || document.activeElement !== input || !answer) return;
  suggest(input, answer.choices.map((choice) => ({
    label: choice.name,
    pick: () => {
      asked += 1;
      input.value = choice.name;
      input.dataset.value = choice.value;
    },
  })), "Nothing fits.");
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
});
