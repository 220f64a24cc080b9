// The list of assignment rules: after a rule has been dragged, the order is stored at once.
// The buttons beside each rule do the same without dragging, and without this script.
window.chatauthStoreOrder = (list) => {
  const form = document.getElementById("order-form");
  const ids = [...list.querySelectorAll("[data-rule]")].map((rule) => rule.dataset.rule);
  form.elements.order.value = ids.join(",");
  form.requestSubmit();
};

// Select2 draws its own field in place of a <select> and leaves the label behind: give it back to screen readers.
const labelOf = (select) => {
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label && !label.id) label.id = `label-of-${select.id}`;
  return label;
};

const nameSelect2Field = (drawn) => {
  const select = drawn.previousElementSibling;
  const shown = drawn.querySelector(".select2-selection__rendered");
  if (!(select instanceof HTMLSelectElement) || !shown) return;
  const label = labelOf(select);
  const heading = select.closest("td")?.dataset.label;
  if (!label && heading) shown.setAttribute("aria-label", heading.trim());
  const names = label ? `${label.id} ${shown.id}` : shown.id;
  for (const part of [shown, drawn.querySelector(".select2-selection")]) part.setAttribute("aria-labelledby", names);
};

const watch = new MutationObserver((changes) => {
  const added = changes.flatMap((change) => [...change.addedNodes]);
  added.filter((node) => node.matches?.(".select2-container")).forEach(nameSelect2Field);
});
document.addEventListener("DOMContentLoaded", () => watch.observe(document.body, { childList: true, subtree: true }));

// A button that copies what stands beside it, and says so. Without the clipboard, the text is selected for copying by hand.
const select = (shown) => getSelection().selectAllChildren(shown);

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(shown.textContent);
    button.textContent = button.dataset.done;
  } catch {
    select(shown);
  }
});

// A part of a page that shows what goes on now: asked for again every so many seconds while somebody looks. Whatever has
// the focus inside it, or is being selected, is left alone until the next time, so that nobody loses their place.
const PATIENCE = 30_000;
const isInUse = (live) => live.contains(document.activeElement) || !getSelection().isCollapsed;

const refresh = async (live) => {
  if (document.hidden || isInUse(live)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (fresh && !isInUse(live)) live.replaceChildren(...fresh.childNodes);
};

// A slow server is not asked again before it has answered, or is given up.
const refreshAgainAndAgain = (live) => {
  let isAsking = false;
  setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    await refresh(live).catch(() => {});
    isAsking = false;
  }, Number(live.dataset.live) * 1000);
};

document.addEventListener("DOMContentLoaded", () => {
  const live = document.querySelector("[data-live]");
  if (live) refreshAgainAndAgain(live);
});
