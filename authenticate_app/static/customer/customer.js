"use strict";

// What pages gain by a script; all of them work without. Password fields get a button that shows what was typed.

function addReveal(input, show, hide) {
    const button = document.createElement("button");
    button.className = "reveal";
    button.type = "button";
    button.textContent = show;
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", () => {
        const isHidden = input.type === "password";
        input.type = isHidden ? "text" : "password";
        button.textContent = isHidden ? hide : show;
    });
    // Sent as it came, or browsers would not know it for a password and remember it as ordinary text.
    input.form.addEventListener("submit", () => { input.type = "password"; });
    input.parentElement.classList.add("has-reveal");
    input.after(button); // so that the next stop of the keyboard after the name is the password
}

for (const form of document.querySelectorAll("form[data-show]")) {
    for (const input of form.querySelectorAll('input[type="password"]')) {
        addReveal(input, form.dataset.show, form.dataset.hide);
    }
}
