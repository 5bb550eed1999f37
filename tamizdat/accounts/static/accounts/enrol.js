// Goes on once the passkey is kept: to the recovery codes, or to where somebody wanted to go.
document.addEventListener("otp_webauthn.register_complete", () => {
  window.location.href = document.getElementById("passkey-register-button").dataset.after;
});
