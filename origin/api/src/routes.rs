//! The table of the API's routes: each with the access it needs, its input and
//! its output. Router, gate and OpenAPI document are made from the same rows,
//! so that they cannot drift apart.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::Permission;
use munjigi_keys::UnixMillis;
use munjigi_protocol::routes::PREDICT;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::body::{IMAGE_TYPES, List, MAX_BODY_BYTES};

/// Prefix of each path.
pub const BASE: &str = "/api/v1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, even while Postgres is unreachable.
    Public,
    Anyone,
    /// Callers with an API key or a session.
    Caller,
    /// Callers with a session.
    User,
    /// Callers with this permission in the organisation that the path names.
    Member(Permission),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// A type, for the OpenAPI document.
#[derive(Debug, Clone)]
pub struct Shape {
    pub name: String,
    pub schema: RefOr<Schema>,
    /// Schemas that it refers to.
    pub parts: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    fn of<T: ToSchema>() -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        Self { name: T::name().into_owned(), schema: T::schema(), parts }
    }
}

/// How callers learn that a route is deprecated (RFC 9745, RFC 8594).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation {
    pub since: UnixMillis,
    /// When it ends; at least half a year after `since`.
    pub sunset: UnixMillis,
    /// URL of the replacement.
    pub successor: &'static str,
}

#[derive(Debug, Clone)]
pub struct Listed {
    pub method: Method,
    /// Path in the router's syntax.
    pub path: &'static str,
    pub access: Access,
    /// One sentence.
    pub summary: &'static str,
    /// The request's body.
    pub takes: Option<Shape>,
    /// Whether the request's body is an image instead.
    pub takes_image: bool,
    /// Status and body of the response.
    pub gives: (u16, Option<Shape>),
    /// Parameters of the query: name and meaning.
    pub query: Vec<(&'static str, &'static str)>,
    /// Whether `If-Match` is honoured.
    pub versioned: bool,
    pub deprecated: Option<Deprecation>,
}

/// A row with its handler.
pub struct Route {
    pub(super) listed: Listed,
    pub(super) code: MethodRouter<ConsoleApp>,
}

impl Route {
    /// A row without bodies so far.
    pub fn new<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, ConsoleApp>,
        T: 'static,
    {
        let listed = Listed {
            method,
            path,
            access,
            summary,
            takes: None,
            takes_image: false,
            gives: (204, None),
            query: Vec::new(),
            versioned: false,
            deprecated: None,
        };
        Self { listed, code: on(method.filter(), handler) }
    }

    /// Adds a request body.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.listed.takes = Some(Shape::of::<T>());
        self
    }

    /// Adds an image as the request body.
    #[must_use]
    pub fn takes_image(mut self) -> Self {
        self.listed.takes_image = true;
        self
    }

    /// Adds a response body.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.listed.gives = (status, Some(Shape::of::<T>()));
        self
    }

    /// Adds a list as the response body.
    #[must_use]
    pub fn gives_list<T: ToSchema>(mut self) -> Self {
        let mut shape = Shape::of::<List<T>>();
        // A generic type's argument is not among its parts.
        let item = Shape::of::<T>();
        shape.parts.push((item.name, item.schema));
        shape.parts.extend(item.parts);
        self.listed.gives = (200, Some(shape));
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn asks(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.listed.query.push((name, meaning));
        self
    }

    /// Adds the parameters of a paginated list.
    #[must_use]
    pub fn in_parts(self) -> Self {
        self.asks("cursor", "`next_cursor` of the previous page")
            .asks("limit", "items per page, 1 to 200; 50 by default")
    }

    /// Adds `ETag` and `If-Match`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.listed.versioned = true;
        self
    }

    /// Marks the route as deprecated.
    #[must_use]
    pub fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.listed.deprecated = Some(deprecation);
        self
    }
}

impl Listed {
    /// Content types of a request body that is a file.
    pub const fn file_types(&self) -> &'static [&'static str] {
        if self.takes_image { &IMAGE_TYPES } else { &[] }
    }

    /// Most bytes of the request's body.
    pub const fn most_body_bytes(&self) -> usize {
        if self.takes_image { PREDICT.max_body_bytes } else { MAX_BODY_BYTES }
    }
}

/// The rows without their handlers.
pub fn listed(rows: Vec<Route>) -> Vec<Listed> {
    rows.into_iter().map(|route| route.listed).collect()
}
