// The break-it panel. The server keeps the switches: the page shows what it says of them.

const panel = byId("panel");

const showPanel = ({ on, weather, bot, figures: counted }) => {
  for (const input of panel.querySelectorAll("[data-switch]")) input.checked = on.includes(input.dataset.switch);
  byId("panel-weather").textContent = weather;
  byId("panel-bot").textContent = bot;
  for (const { id, value } of counted) {
    const place = panel.querySelector(`[data-figure="${id}"]`);
    if (place.textContent === String(value)) continue;
    place.textContent = value;
    place.parentElement.toggleAttribute("data-moved", true);
    setTimeout(() => place.parentElement.removeAttribute("data-moved"), 900);
  }
};

panel.addEventListener("change", async ({ target }) => {
  if (!await act("switch", { switch: target.dataset.switch, on: target.checked })) target.checked = !target.checked;
});

