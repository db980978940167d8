/* A form with data-passkey asks the browser for a passkey and sends its answer. The question stands in data-question, or
   is fetched from the address in data-passkey. Where the person says no, nothing happens. */
"use strict";

document.querySelectorAll("[data-passkey]").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = form.dataset.question
      ? JSON.parse(form.dataset.question)
      : await (await fetch(form.dataset.passkey, { headers: { Accept: "application/json" } })).json();
    try {
      form.elements.credential.value = JSON.stringify(await window.webauthnJSON.get(question.request_options));
    } catch {
      return;
    }
    form.submit();
  });
});
