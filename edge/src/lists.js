// Written by `MUNJIGI_WRITE=1 cargo test -p munjigi-serving lists`; do not edit.

/** The headers that most routes look at. */
export const HEADERS = [
  "content-type",
  "content-length",
  "sec-fetch-site",
  "user-agent",
  "sec-ch-ua",
  "sec-ch-ua-platform",
  "sec-ch-ua-mobile",
  "accept",
  "priority",
];

/** The routes whose body is read before Rust is asked, and its longest in bytes. */
export const POSTS = {
  "/v1/challenges": 16384,
  "/v1/solutions": 65536,
  "/siteverify": 16384,
  "/turnstile/v0/siteverify": 16384,
  "/hcaptcha/siteverify": 16384,
  "/recaptcha/api/siteverify": 16384,
  "/v1/outcomes": 16384,
  "/clearance": 16384,
};
