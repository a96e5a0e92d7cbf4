//! Which endpoint a method and a path mean. What an endpoint does is in its
//! file under `endpoints`.

use munjigi_captcha::Vendor;
use munjigi_protocol::routes;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteError {
    /// No such path.
    NotFound,
    /// The path exists, for these methods.
    MethodNotAllowed(&'static str),
}

impl<'path> Endpoint<'path> {
    /// Finds the endpoint. `HEAD` is `GET`; the runtime omits the body.
    pub fn find(method: &str, path: &'path str) -> Result<Self, RouteError> {
        if path == routes::CLEARANCE_CHECK.path {
            return Ok(Self::ClearanceCheck);
        }
        let (allowed, get, post, put, delete) =
            Self::at(meant(path)).ok_or(RouteError::NotFound)?;
        match method {
            "GET" | "HEAD" => get,
            "POST" => post,
            "PUT" => put,
            "DELETE" => delete,
            _ => None,
        }
        .ok_or(RouteError::MethodNotAllowed(allowed))
    }

    /// The endpoint's name in logs: its path without variable parts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Frame(_) => "frame",
            Self::Challenges => "challenges",
            Self::Solutions => "solutions",
            Self::Siteverify(_) | Self::SiteverifyOf(_) => "siteverify",
            Self::Outcomes => "outcomes",
            Self::ClearanceCheck => "clearance-check",
            Self::Clearance | Self::ClearanceRedeem => "clearance",
            Self::ErrorPage(_) => "errors",
            Self::Health => "health",
            Self::Version => "version",
            Self::PutSite(_) => "put-site",
            Self::DeleteSite(_) => "delete-site",
            Self::PutList(_) => "put-list",
            Self::DeleteList(_) => "delete-list",
            Self::Picture(_) => "pictures",
            Self::Packs(Change::PutImages(_)) => "put-pack-images",
            Self::Packs(Change::Put(_)) => "put-pack",
            Self::Packs(Change::Delete(_)) => "delete-pack",
            Self::Packs(Change::PutPools) => "put-pools",
            Self::Packs(Change::PutImports) => "put-imports",
            Self::State => "state",
        }
    }

    fn at(path: &'path str) -> Option<Methods<'path>> {
        let get = |endpoint| Some(("GET, HEAD", Some(endpoint), None, None, None));
        let post = |endpoint| Some(("POST", None, Some(endpoint), None, None));
        let put = |change| Some(("PUT", None, None, Some(Self::Packs(change)), None));
        match path {
            "/v1/challenges" => post(Self::Challenges),
            "/v1/solutions" => post(Self::Solutions),
            "/v1/outcomes" => post(Self::Outcomes),
            "/siteverify" => post(Self::Siteverify(None)),
            "/turnstile/v0/siteverify" => post(Self::Siteverify(Some(Vendor::Turnstile))),
            "/hcaptcha/siteverify" => post(Self::Siteverify(Some(Vendor::Hcaptcha))),
            "/recaptcha/api/siteverify" => {
                let endpoint = Some(Self::Siteverify(Some(Vendor::Recaptcha)));
                Some(("GET, HEAD, POST", endpoint, endpoint, None, None))
            }
            "/clearance" => {
                let (get, post) = (Some(Self::Clearance), Some(Self::ClearanceRedeem));
                Some(("GET, HEAD, POST", get, post, None, None))
            }
            "/health" => get(Self::Health),
            "/version" => get(Self::Version),
            "/internal/state" => get(Self::State),
            "/internal/pools" => put(Change::PutPools),
            "/internal/imports" => put(Change::PutImports),
            _ => {
                if let Some(sitekey) = segment(path, "/v1/frame/") {
                    get(Self::Frame(sitekey))
                } else if let Some(opaque) = segment(path, "/v1/pictures/") {
                    get(Self::Picture(opaque))
                } else if let Some(id) = segment(path, "/internal/packs/") {
                    let (put, delete) =
                        (Self::Packs(Change::Put(id)), Self::Packs(Change::Delete(id)));
                    Some(("PUT, DELETE", None, None, Some(put), Some(delete)))
                } else if let Some(id) =
                    path.strip_suffix("/images").and_then(|path| segment(path, "/internal/packs/"))
                {
                    put(Change::PutImages(id))
                } else if let Some(sitekey) = segment(path, "/internal/sites/") {
                    let (put, delete) = (Self::PutSite(sitekey), Self::DeleteSite(sitekey));
                    Some(("PUT, DELETE", None, None, Some(put), Some(delete)))
                } else if let Some(id) = segment(path, "/internal/lists/") {
                    let (put, delete) = (Self::PutList(id), Self::DeleteList(id));
                    Some(("PUT, DELETE", None, None, Some(put), Some(delete)))
                } else if let Some(sitekey) = path.strip_suffix("/siteverify").and_then(own_sitekey)
                {
                    post(Self::SiteverifyOf(sitekey))
                } else {
                    let name = segment(path, "/errors/")?;
                    get(Self::ErrorPage(errors::named(name)?))
                }
            }
        }
    }
}

/// The `Allow` header and the endpoints of GET, POST, PUT and DELETE.
type Methods<'path> = (
    &'static str,
    Option<Endpoint<'path>>,
    Option<Endpoint<'path>>,
    Option<Endpoint<'path>>,
    Option<Endpoint<'path>>,
);

/// The path segment after `prefix`, if it is the only one and not empty.
fn segment<'path>(path: &'path str, prefix: &str) -> Option<&'path str> {
    path.strip_prefix(prefix).filter(|rest| !rest.is_empty() && !rest.contains('/'))
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

/// The path's only segment, if it could be a sitekey of ours: a vendor's name
/// there is a mistake, and not found.
fn own_sitekey(path: &str) -> Option<&str> {
    segment(path, "/").filter(|sitekey| sitekey.starts_with("mj_"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Endpoint::find(method, path), Ok(endpoint), "{method} {path}");
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
            assert_eq!(Endpoint::find(method, path), Err(RouteError::MethodNotAllowed(allow)));
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
            assert_eq!(Endpoint::find("GET", path), Err(RouteError::NotFound), "{path}");
        }
    }
}
