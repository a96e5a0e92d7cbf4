//! The table of the API's routes: each with who may call it, what it takes
//! and what it gives. Router, gate and OpenAPI document are made from the
//! same rows, so that none of them can lag behind the others.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use munjigi_domain::accounts::Permission;
use munjigi_keys::UnixMillis;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::body::List;
use crate::http::App;

/// Before each path.
pub const BASE: &str = "/api/v1";

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, also while the records are away.
    Public,
    /// Everybody.
    Anyone,
    /// Who has a key or a session.
    Caller,
    /// Who has a session.
    Person,
    /// Who may do this for the organisation that the path names.
    Member(Permission),
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes.
    Post,
    /// Sets.
    Put,
    /// Changes.
    Patch,
    /// Ends.
    Delete,
}

impl Method {
    /// As requests spell it.
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

/// A type as the document has it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Itself.
    pub schema: RefOr<Schema>,
    /// Those that it is made of.
    pub parts: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    /// Of a type.
    fn of<T: ToSchema>() -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        Self { name: T::name().into_owned(), schema: T::schema(), parts }
    }
}

/// When a route is on its way out: how callers are told (RFC 9745, RFC 8594).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation {
    /// Since when it should not be used any more.
    pub since: UnixMillis,
    /// When it ends; at least half a year later.
    pub sunset: UnixMillis,
    /// What to use instead.
    pub successor: &'static str,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Listed {
    /// How.
    pub method: Method,
    /// As the router spells it.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// The body that it takes.
    pub takes: Option<Shape>,
    /// Status and body of its answer.
    pub gives: (u16, Option<Shape>),
    /// Parameters of the query: name and meaning.
    pub query: Vec<(&'static str, &'static str)>,
    /// Whether `If-Match` is looked at.
    pub versioned: bool,
    /// Whether it is on its way out.
    pub deprecated: Option<Deprecation>,
}

/// A row with its code.
pub struct Route {
    pub(super) listed: Listed,
    pub(super) code: MethodRouter<Arc<App>>,
}

impl Route {
    /// A row that takes nothing and gives nothing yet.
    pub fn new<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        let listed = Listed {
            method,
            path,
            access,
            summary,
            takes: None,
            gives: (204, None),
            query: Vec::new(),
            versioned: false,
            deprecated: None,
        };
        Self { listed, code: on(method.filter(), handler) }
    }

    /// With a body.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.listed.takes = Some(Shape::of::<T>());
        self
    }

    /// With an answer.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.listed.gives = (status, Some(Shape::of::<T>()));
        self
    }

    /// With a list as its answer.
    #[must_use]
    pub fn gives_list<T: ToSchema>(mut self) -> Self {
        let mut shape = Shape::of::<List<T>>();
        // What is in a generic is not among its parts.
        let item = Shape::of::<T>();
        shape.parts.push((item.name, item.schema));
        shape.parts.extend(item.parts);
        self.listed.gives = (200, Some(shape));
        self
    }

    /// With a parameter in the query.
    #[must_use]
    pub fn asks(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.listed.query.push((name, meaning));
        self
    }

    /// A list that is read part by part.
    #[must_use]
    pub fn in_parts(self) -> Self {
        self.asks("cursor", "`next_cursor` of the previous page")
            .asks("limit", "items per page, 1 to 200; 50 by default")
    }

    /// With `ETag` and `If-Match`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.listed.versioned = true;
        self
    }

    /// On its way out.
    #[cfg(test)]
    #[must_use]
    pub fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.listed.deprecated = Some(deprecation);
        self
    }
}

/// Some rows without their code.
pub fn listed(rows: Vec<Route>) -> Vec<Listed> {
    rows.into_iter().map(|route| route.listed).collect()
}
