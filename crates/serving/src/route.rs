//! Which endpoint a method and a path mean, in one table. What an endpoint does is in
//! its file under `endpoints`.

use munjigi_captcha::Vendor;
use munjigi_protocol::{Route, routes};

use crate::endpoints::errors;
use crate::endpoints::internal::packs::Change;

/// An endpoint with the variable part of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'path> {
    /// `GET /v1/frame/{sitekey}`
    Frame(&'path str),
    /// `POST /v1/challenges`
    Challenges,
    /// `POST /v1/solutions`
    Solutions,
    /// `POST /siteverify`, and the same at a vendor's path.
    Siteverify(Option<Vendor>),
    /// `POST /{sitekey}/siteverify`
    SiteverifyOf(&'path str),
    /// `POST /v1/outcomes`
    Outcomes,
    /// `/v1/clearance/check`, with any method: Envoy asks with the original one.
    ClearanceCheck,
    /// `GET /clearance`
    Clearance,
    /// `POST /clearance`
    ClearanceRedeem,
    /// `GET /errors/{code}`
    ErrorPage(&'static str),
    /// `GET /health`
    Health,
    /// `GET /version`
    Version,
    /// `PUT /internal/sites/{sitekey}`
    PutSite(&'path str),
    /// `DELETE /internal/sites/{sitekey}`
    DeleteSite(&'path str),
    /// `PUT /internal/lists/{list}`
    PutList(&'path str),
    /// `DELETE /internal/lists/{list}`
    DeleteList(&'path str),
    /// `GET /v1/pictures/{opaque}`
    Picture(&'path str),
    /// `PUT` and `DELETE /internal/packs/{id}`, `PUT
    /// /internal/packs/{id}/images`, `PUT /internal/pools`, `PUT
    /// /internal/imports`
    Packs(Change<'path>),
    /// `GET /internal/state`
    State,
}

/// Why there is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// No such path.
    NotFound,
    /// The path exists, for these methods, as `Allow` lists them.
    MethodNotAllowed(String),
}

/// The endpoint, given the variable part of its path, which is empty where there is
/// none; `None` if that part cannot be one.
type Make = for<'path> fn(&'path str) -> Option<Endpoint<'path>>;

/// Each endpoint's route, its name in logs and metrics, and what it is.
const ENDPOINTS: &[(Route, &str, Make)] = &[
    (routes::CHALLENGES, "challenges", |_| Some(Endpoint::Challenges)),
    (routes::SOLUTIONS, "solutions", |_| Some(Endpoint::Solutions)),
    (routes::SITEVERIFY, SITEVERIFY, |_| Some(Endpoint::Siteverify(None))),
    (routes::SITEVERIFY_TURNSTILE, SITEVERIFY, |_| {
        Some(Endpoint::Siteverify(Some(Vendor::Turnstile)))
    }),
    (routes::SITEVERIFY_HCAPTCHA, SITEVERIFY, |_| {
        Some(Endpoint::Siteverify(Some(Vendor::Hcaptcha)))
    }),
    (routes::SITEVERIFY_RECAPTCHA_QUERY, SITEVERIFY, |_| {
        Some(Endpoint::Siteverify(Some(Vendor::Recaptcha)))
    }),
    (routes::SITEVERIFY_RECAPTCHA, SITEVERIFY, |_| {
        Some(Endpoint::Siteverify(Some(Vendor::Recaptcha)))
    }),
    // A vendor's name there is a mistake, and not found.
    (routes::SITEVERIFY_SITEKEY, SITEVERIFY, |sitekey| {
        sitekey.starts_with("mj_").then_some(Endpoint::SiteverifyOf(sitekey))
    }),
    (routes::FRAME, "frame", |sitekey| Some(Endpoint::Frame(sitekey))),
    (routes::PICTURES, "pictures", |opaque| Some(Endpoint::Picture(opaque))),
    (routes::OUTCOMES, "outcomes", |_| Some(Endpoint::Outcomes)),
    (routes::CLEARANCE_CHECK, "clearance-check", |_| Some(Endpoint::ClearanceCheck)),
    (routes::CLEARANCE, "clearance", |_| Some(Endpoint::Clearance)),
    (routes::CLEARANCE_REDEEM, "clearance", |_| Some(Endpoint::ClearanceRedeem)),
    (routes::ERRORS, "errors", |code| errors::named(code).map(Endpoint::ErrorPage)),
    (routes::HEALTH, "health", |_| Some(Endpoint::Health)),
    (routes::VERSION, "version", |_| Some(Endpoint::Version)),
    (routes::PUT_SITE, "put-site", |sitekey| Some(Endpoint::PutSite(sitekey))),
    (routes::DELETE_SITE, "delete-site", |sitekey| Some(Endpoint::DeleteSite(sitekey))),
    (routes::PUT_LIST, "put-list", |list| Some(Endpoint::PutList(list))),
    (routes::DELETE_LIST, "delete-list", |list| Some(Endpoint::DeleteList(list))),
    (routes::PUT_PACK_IMAGES, "put-pack-images", |id| Some(Endpoint::Packs(Change::PutImages(id)))),
    (routes::PUT_PACK, "put-pack", |id| Some(Endpoint::Packs(Change::Put(id)))),
    (routes::DELETE_PACK, "delete-pack", |id| Some(Endpoint::Packs(Change::Delete(id)))),
    (routes::PUT_POOLS, "put-pools", |_| Some(Endpoint::Packs(Change::PutPools))),
    (routes::PUT_IMPORTS, "put-imports", |_| Some(Endpoint::Packs(Change::PutImports))),
    (routes::STATE, "state", |_| Some(Endpoint::State)),
];

const SITEVERIFY: &str = "siteverify";

/// Finds the endpoint, and its name. `HEAD` is `GET`; the runtime omits the body. A
/// check of clearance has any method: Envoy asks with the original one.
pub fn find<'path>(
    method: &str,
    path: &'path str,
) -> Result<(Endpoint<'path>, &'static str), RouteError> {
    let path = meant(path);
    let mut allowed = String::new();
    for (route, name, make) in ENDPOINTS {
        let Some(endpoint) = variable_part(route.path, path).and_then(make) else { continue };
        let is_it = method == route.method || (method == "HEAD" && route.method == "GET");
        if is_it || endpoint == Endpoint::ClearanceCheck {
            return Ok((endpoint, name));
        }
        if !allowed.is_empty() {
            allowed.push_str(", ");
        }
        allowed.push_str(if route.method == "GET" { "GET, HEAD" } else { route.method });
    }
    Err(if allowed.is_empty() {
        RouteError::NotFound
    } else {
        RouteError::MethodNotAllowed(allowed)
    })
}

/// What a path has in the place of `{…}` in a pattern: one segment that is not empty;
/// nothing where the pattern is the path.
fn variable_part<'path>(pattern: &str, path: &'path str) -> Option<&'path str> {
    let Some((before, named)) = pattern.split_once('{') else {
        return (pattern == path).then_some("");
    };
    let (_, after) = named.split_once('}')?;
    let part = path.strip_prefix(before)?.strip_suffix(after)?;
    (!part.is_empty() && !part.contains('/')).then_some(part)
}

/// `//siteverify` and `/siteverify/` as they are meant: the slashes of an address that a
/// back end puts together.
fn meant(path: &str) -> &str {
    let mut joined = path;
    while let Some(rest) = joined.strip_suffix('/') {
        joined = rest;
    }
    while let Some(rest) = joined.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
        joined = rest;
    }
    if joined.ends_with("/siteverify") { joined } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_but_the_script_is_in_the_table() {
        let here: Vec<Route> = ENDPOINTS.iter().map(|(route, ..)| *route).collect();
        let missing: Vec<&Route> = routes::EDGE.iter().filter(|it| !here.contains(it)).collect();
        assert_eq!(missing, [&routes::API_JS], "the script is a file");
        assert_eq!(here.len(), routes::EDGE.len() - 1);
    }

    /// Another method must not lead a path to an endpoint of another pattern.
    #[test]
    fn no_path_is_of_two_patterns() {
        for (route, ..) in ENDPOINTS {
            let (before, rest) = route.path.split_once('{').unwrap_or((route.path, "}"));
            let part = match rest {
                "}" if before == route.path => "",
                _ if before == "/errors/" => "timeout",
                _ => "mj_a",
            };
            let path = format!("{before}{part}{}", rest.split_once('}').unwrap().1);
            let is_of = |(other, _, make): &&(Route, &str, Make)| {
                variable_part(other.path, &path).and_then(make).is_some()
            };
            let mut patterns: Vec<&str> =
                ENDPOINTS.iter().filter(is_of).map(|(other, ..)| other.path).collect();
            patterns.dedup();
            assert_eq!(patterns, [route.path], "{path}");
        }
    }

    #[test]
    fn every_path_finds_its_endpoint() {
        for (method, path, endpoint) in [
            ("GET", "/v1/frame/mj_a", Endpoint::Frame("mj_a")),
            ("HEAD", "/health", Endpoint::Health),
            ("POST", "/v1/challenges", Endpoint::Challenges),
            ("POST", "/v1/solutions", Endpoint::Solutions),
            ("POST", "/siteverify", Endpoint::Siteverify(None)),
            ("POST", "/turnstile/v0/siteverify", Endpoint::Siteverify(Some(Vendor::Turnstile))),
            ("POST", "/hcaptcha/siteverify", Endpoint::Siteverify(Some(Vendor::Hcaptcha))),
            ("GET", "/recaptcha/api/siteverify", Endpoint::Siteverify(Some(Vendor::Recaptcha))),
            ("POST", "/recaptcha/api/siteverify", Endpoint::Siteverify(Some(Vendor::Recaptcha))),
            ("POST", "/mj_a/siteverify", Endpoint::SiteverifyOf("mj_a")),
            ("POST", "//siteverify", Endpoint::Siteverify(None)),
            ("POST", "/siteverify/", Endpoint::Siteverify(None)),
            ("POST", "//hcaptcha/siteverify//", Endpoint::Siteverify(Some(Vendor::Hcaptcha))),
            ("POST", "//mj_a/siteverify/", Endpoint::SiteverifyOf("mj_a")),
            ("GET", "/v1/clearance/check", Endpoint::ClearanceCheck),
            ("PROPFIND", "/v1/clearance/check", Endpoint::ClearanceCheck),
            ("GET", "/clearance", Endpoint::Clearance),
            ("POST", "/clearance", Endpoint::ClearanceRedeem),
            ("GET", "/errors/rate-limited", Endpoint::ErrorPage("rate-limited")),
            ("GET", "/errors/timeout", Endpoint::ErrorPage("timeout")),
            ("GET", "/version", Endpoint::Version),
            ("PUT", "/internal/sites/mj_a", Endpoint::PutSite("mj_a")),
            ("DELETE", "/internal/sites/mj_a", Endpoint::DeleteSite("mj_a")),
            ("GET", "/v1/pictures/mj1.a.b.c", Endpoint::Picture("mj1.a.b.c")),
            ("PUT", "/internal/packs/00ff", Endpoint::Packs(Change::Put("00ff"))),
            ("DELETE", "/internal/packs/00ff", Endpoint::Packs(Change::Delete("00ff"))),
            ("PUT", "/internal/packs/00ff/images", Endpoint::Packs(Change::PutImages("00ff"))),
            ("PUT", "/internal/pools", Endpoint::Packs(Change::PutPools)),
            ("PUT", "/internal/imports", Endpoint::Packs(Change::PutImports)),
            ("PUT", "/internal/lists/clouds", Endpoint::PutList("clouds")),
            ("DELETE", "/internal/lists/clouds", Endpoint::DeleteList("clouds")),
            ("GET", "/internal/state", Endpoint::State),
        ] {
            let found = find(method, path).map(|(endpoint, _)| endpoint);
            assert_eq!(found, Ok(endpoint), "{method} {path}");
        }
    }

    #[test]
    fn another_method_names_those_that_work() {
        for (method, path, allow) in [
            ("GET", "/siteverify", "POST"),
            ("GET", "/turnstile/v0/siteverify", "POST"),
            ("PUT", "/recaptcha/api/siteverify", "GET, HEAD, POST"),
            ("POST", "/health", "GET, HEAD"),
            ("POST", "/internal/sites/mj_a", "PUT, DELETE"),
            ("GET", "/internal/lists/clouds", "PUT, DELETE"),
            ("BREW", "/v1/challenges", "POST"),
        ] {
            assert_eq!(find(method, path), Err(RouteError::MethodNotAllowed(allow.to_owned())));
        }
    }

    #[test]
    fn other_paths_are_not_found() {
        for path in [
            "/",
            "/_frame.html",
            "/v1/frame/",
            "/v1/frame/a/b",
            "/errors/",
            "/errors/invented",
            "/recaptcha/siteverify",
            "/mj_a/mj_b/siteverify",
            "/turnstile/v1/siteverify",
            "/recaptcha/siteverify",
            "/internal/sites/",
            "/internal/imports/",
            "/internal/packs/",
            "/internal/packs//images",
            "/internal/lists/",
            "/v1/pictures/",
            "/v1/pictures/a/b",
        ] {
            assert_eq!(find("GET", path), Err(RouteError::NotFound), "{path}");
        }
    }
}
