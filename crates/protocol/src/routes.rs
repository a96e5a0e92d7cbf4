//! Paths of edge, origin and gpu-backend, defined once.

/// A route: its method, path and cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// Path with `{names}` for its variable parts.
    pub path: &'static str,
    /// Largest accepted body, in bytes; 0 if none is read.
    pub max_body_bytes: usize,
}

const fn route(method: &'static str, path: &'static str, max_body_bytes: usize) -> Route {
    Route { method, path, max_body_bytes }
}

/// The loader that pages embed.
pub const API_JS: Route = route("GET", "/v1/api.js", 0);
/// The document in the widget's frame.
pub const FRAME: Route = route("GET", "/v1/frame/{sitekey}", 0);
/// Asks for a challenge.
pub const CHALLENGES: Route = route("POST", "/v1/challenges", 16 * 1024);
/// Submits a solution.
pub const SOLUTIONS: Route = route("POST", "/v1/solutions", 64 * 1024);
/// An image of one challenge.
pub const PICTURES: Route = route("GET", "/v1/pictures/{opaque}", 0);
/// Spends a token.
pub const SITEVERIFY: Route = route("POST", "/siteverify", 16 * 1024);
/// The same in Turnstile's dialect.
pub const SITEVERIFY_TURNSTILE: Route = route("POST", "/turnstile/v0/siteverify", 16 * 1024);
/// The same in hCaptcha's dialect.
pub const SITEVERIFY_HCAPTCHA: Route = route("POST", "/hcaptcha/siteverify", 16 * 1024);
/// The same in reCAPTCHA's dialect.
pub const SITEVERIFY_RECAPTCHA: Route = route("POST", "/recaptcha/api/siteverify", 16 * 1024);
/// The same, with its fields in the query.
pub const SITEVERIFY_RECAPTCHA_QUERY: Route = route("GET", "/recaptcha/api/siteverify", 0);
/// The same as [`SITEVERIFY`] for a token of this sitekey, where Cap's back ends
/// call it.
pub const SITEVERIFY_SITEKEY: Route = route("POST", "/{sitekey}/siteverify", 16 * 1024);
/// Reports what became of a visitor.
pub const OUTCOMES: Route = route("POST", "/v1/outcomes", 16 * 1024);
/// Whether a request to a protected path may continue, asked by a proxy; also
/// with the original request's method.
pub const CLEARANCE_CHECK: Route = route("GET", "/v1/clearance/check", 0);
/// The page that gives clearance and leads back.
pub const CLEARANCE: Route = route("GET", "/clearance", 0);
/// Gives clearance for a token.
pub const CLEARANCE_REDEEM: Route = route("POST", "/clearance", 16 * 1024);
/// The page that explains a code.
pub const ERRORS: Route = route("GET", "/errors/{code}", 0);
/// Whether the edge can serve.
pub const HEALTH: Route = route("GET", "/health", 0);
/// The running version.
pub const VERSION: Route = route("GET", "/version", 0);
/// Publishes a site to the edge.
pub const PUT_SITE: Route = route("PUT", "/internal/sites/{sitekey}", 1024 * 1024);
/// Removes a site from the edge.
pub const DELETE_SITE: Route = route("DELETE", "/internal/sites/{sitekey}", 1024);
/// Puts the images of a pack into the bucket.
pub const PUT_PACK_IMAGES: Route = route("PUT", "/internal/packs/{id}/images", 8 * 1024 * 1024);
/// Publishes a pack to the edge, after its images.
pub const PUT_PACK: Route = route("PUT", "/internal/packs/{id}", 1024 * 1024);
/// Removes a pack and its images from the edge.
pub const DELETE_PACK: Route = route("DELETE", "/internal/packs/{id}", 1024);
/// Publishes which packs pictures are dealt from.
pub const PUT_POOLS: Route = route("PUT", "/internal/pools", 256 * 1024);
/// Publishes which imported keys there are.
pub const PUT_IMPORTS: Route = route("PUT", "/internal/imports", 1024 * 1024);
/// Publishes a list that rules name.
pub const PUT_LIST: Route = route("PUT", "/internal/lists/{list}", 1024 * 1024);
/// Removes a list from the edge.
pub const DELETE_LIST: Route = route("DELETE", "/internal/lists/{list}", 1024);
/// What the edge holds, for operators.
pub const STATE: Route = route("GET", "/internal/state", 0);

/// Every route of the edge.
pub const EDGE: &[Route] = &[
    API_JS,
    FRAME,
    CHALLENGES,
    SOLUTIONS,
    PICTURES,
    SITEVERIFY,
    SITEVERIFY_TURNSTILE,
    SITEVERIFY_HCAPTCHA,
    SITEVERIFY_RECAPTCHA,
    SITEVERIFY_RECAPTCHA_QUERY,
    SITEVERIFY_SITEKEY,
    OUTCOMES,
    CLEARANCE_CHECK,
    CLEARANCE,
    CLEARANCE_REDEEM,
    ERRORS,
    HEALTH,
    VERSION,
    PUT_SITE,
    DELETE_SITE,
    PUT_PACK_IMAGES,
    PUT_PACK,
    DELETE_PACK,
    PUT_POOLS,
    PUT_IMPORTS,
    PUT_LIST,
    DELETE_LIST,
    STATE,
];

/// The origin's intake of durable events.
pub const EVENTS: Route = route("POST", "/internal/events", 256 * 1024);
/// The origin's intake of counts.
pub const COUNTS: Route = route("POST", "/internal/counts", 256 * 1024);

/// Every route of the origin that the edge calls.
pub const ORIGIN: &[Route] = &[EVENTS, COUNTS];

/// Draws pictures from seeds.
pub const RENDER: Route = route("POST", "/v1/render", 64 * 1024);
/// Runs a model on one image.
pub const PREDICT: Route = route("POST", "/v1/predict", 10 * 1024 * 1024);

/// Every route of the gpu-backend that the origin calls.
pub const GPU: &[Route] = &[RENDER, PREDICT];
