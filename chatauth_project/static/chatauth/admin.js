// The list of assignment rules: after a rule has been dragged, the order is stored at once.
// The buttons beside each rule do the same without dragging, and without this script.
window.chatauthStoreOrder = (list) => {
  const form = document.getElementById("order-form");
  const ids = [...list.querySelectorAll("[data-rule]")].map((rule) => rule.dataset.rule);
  form.elements.order.value = ids.join(",");
  form.requestSubmit();
};
