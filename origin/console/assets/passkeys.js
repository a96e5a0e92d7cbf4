// Passkeys, for forms with `data-passkey`: fetches the options, prompts the
// browser, and submits the form with its response. The texts are in the page.
// Without this script, or if the browser does not support passkeys, the forms
// stay hidden and everything else works.
(() => {
  'use strict';
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (digit) => digit.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  // Browsers since 2023–2025 can parse and serialise the JSON of WebAuthn.
  const creation = (json) => PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: described(json.excludeCredentials),
  };
  const request = (json) => PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: described(json.allowCredentials),
  };
  const plain = (credential) => {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      const value = credential.response[name];
      if (value) response[name] = text(value);
    }
    if (credential.response.attestationObject) {
      response.transports = credential.response.getTransports?.() ?? [];
      const key = credential.response.getPublicKey?.();
      if (key) response.publicKey = text(key);
      response.publicKeyAlgorithm = credential.response.getPublicKeyAlgorithm?.();
      if (credential.response.getAuthenticatorData) {
        response.authenticatorData = text(credential.response.getAuthenticatorData());
      }
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
      ...(credential.authenticatorAttachment && { authenticatorAttachment: credential.authenticatorAttachment }),
    };
  };
  const written = (credential) => {
    try {
      return JSON.stringify(credential.toJSON());
    } catch {
      return JSON.stringify(plain(credential));
    }
  };

  const ask = async (form) => {
    const key = form.elements.namedItem('csrf_token');
    const answer = await fetch(form.dataset.options, {
      method: 'POST',
      body: new URLSearchParams({ csrf_token: key.value }),
    });
    const json = answer.ok && await answer.json();
    if (!json) throw new Error('the options were refused');
    return form.dataset.passkey === 'create'
      ? navigator.credentials.create({ publicKey: creation(json) })
      : navigator.credentials.get({ publicKey: request(json) });
  };

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const error = form.querySelector('[data-error]');
    const button = form.querySelector('button');
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      error.hidden = true;
      button.disabled = true;
      try {
        form.elements.namedItem('answer').value = written(await ask(form));
        form.submit();
      } catch {
        error.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  }
})();
