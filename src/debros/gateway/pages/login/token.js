// The access token of this tab, for the sign-in page and the console. It is a matter of minutes and ends with the tab.
// A refresh token is never kept here: what lives for a month does not belong where a page can find it, and a tab that is
// duplicated takes its sessionStorage along, so that two would spend one token, which the gateway takes for a theft.

const KEY = "debros.access_token";

/** Return it, "" when there is none. */
export function kept() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** Keep it. */
export function keep(token) {
  sessionStorage.setItem(KEY, token);
}

/** Forget it. */
export function forget() {
  sessionStorage.removeItem(KEY);
}
