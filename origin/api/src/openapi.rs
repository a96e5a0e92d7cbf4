//! `GET /api/openapi.json`: the table as an OpenAPI document, for tools. A
//! snapshot of it is committed, so that no change goes unnoticed. One call of the
//! edge is in it, too: the one by which back ends report outcomes.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use munjigi_app::ConsoleApp;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_protocol::routes::OUTCOMES;
use munjigi_protocol::{OutcomeReply, OutcomeRequest};
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{
    ComponentsBuilder, KnownFormat, ObjectBuilder, Ref, SchemaFormat, Type,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, RefOr, Required, Schema,
    Server,
};
use utoipa::{PartialSchema, ToSchema};

use super::body::IMAGE_TYPES;
use super::refusal::ApiProblem;
use super::routes::{self, Access, BASE, Listed, Method, Shape};

const BEARER: &str = "bearer";
const PROBLEM: &str = "application/problem+json";

/// The document of this build, without a server URL.
pub fn document() -> &'static OpenApi {
    static DOCUMENT: OnceLock<OpenApi> = OnceLock::new();
    DOCUMENT.get_or_init(|| of(&routes::listed(super::rows())))
}

pub async fn handler(State(app): State<ConsoleApp>) -> Response {
    let server = Server::new(app.console.config.url.as_str().trim_end_matches('/'));
    let mut document = document().clone();
    document.servers = Some(vec![server]);
    if let Some(outcomes) = document.paths.paths.get_mut(OUTCOMES.path) {
        outcomes.servers = Some(vec![Server::new(app.edge.address())]);
    }
    match document.to_json() {
        Ok(json) => {
            let kind = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, kind)], json).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the OpenAPI document cannot be serialised");
            munjigi_app::Refused::unavailable("the document is unavailable").into_response()
        }
    }
}

/// Who can call a row, as a sentence.
pub fn who(t: Texts, listed: &Listed) -> Text {
    match listed.access {
        Access::Public | Access::Anyone => t.get("api-who-anyone"),
        Access::Caller => t.get("api-who-caller"),
        Access::User => t.get("api-who-user"),
        Access::Member(permission) => match permission.scope() {
            Some(scope) => t.get("api-who-scope").with("scope", scope),
            None => t.get("api-who-member"),
        },
    }
}

fn of(rows: &[Listed]) -> OpenApi {
    let mut components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .schema(ApiProblem::name(), ApiProblem::schema());
    let mut parts = Vec::new();
    ApiProblem::schemas(&mut parts);
    OutcomeRequest::schemas(&mut parts);
    let shapes = rows.iter().flat_map(|row| [row.takes.as_ref(), row.gives.1.as_ref()]).flatten();
    for shape in shapes {
        components = components.schema(shape.name.clone(), shape.schema.clone());
        parts.extend(shape.parts.iter().cloned());
    }
    for (name, schema) in parts {
        components = components.schema(name, schema);
    }
    let mut paths = PathsBuilder::new();
    for row in rows {
        let item = PathItem::new(method(row.method), operation(row));
        paths = paths.path(format!("{BASE}{}", row.path), item);
    }
    let call = [
        (OutcomeRequest::name(), OutcomeRequest::schema()),
        (OutcomeReply::name(), OutcomeReply::schema()),
    ];
    components = components.schemas_from_iter(call);
    paths = paths.path(OUTCOMES.path, PathItem::new(HttpMethod::Post, report_outcome()));
    let about = "The API does what the console does. Send `Authorization: Bearer` with an API key (`mjk_…`, created in the console) or an access token. Every error is a problem document with a stable code.";
    let info = InfoBuilder::new()
        .title("Munjigi management API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

/// The call of the edge that says what became of a visitor.
fn report_outcome() -> Operation {
    let body =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(OutcomeRequest::name()))).build();
    let answer =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(OutcomeReply::name()))).build();
    let about = "At the edge, by the site’s secret; see “Reporting outcomes” in the integration guide. Takes a form or JSON.";
    OperationBuilder::new()
        .operation_id(Some("post_outcomes"))
        .summary(Some("Report what became of a visitor"))
        .description(Some(about))
        .request_body(Some(
            RequestBodyBuilder::new()
                .required(Some(Required::True))
                .content("application/json", body)
                .build(),
        ))
        .response(
            "200",
            ResponseBuilder::new()
                .description("Taken, or refused with the codes of siteverify")
                .content("application/json", answer),
        )
        .build()
}

const fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(row: &Listed) -> Operation {
    let (status, gives) = &row.gives;
    let mut answer = ResponseBuilder::new().description("Success");
    if let Some(shape) = gives {
        answer = answer.content("application/json", content(shape));
    }
    let problem: RefOr<Schema> = Ref::from_schema_name(ApiProblem::name()).into();
    let refusal = |description: &str| {
        ResponseBuilder::new()
            .description(description)
            .content(PROBLEM, ContentBuilder::new().schema(Some(problem.clone())).build())
    };
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(row)))
        .summary(Some(row.summary))
        .description(Some(String::from(who(Texts::of(Locale::EN), row))))
        .response(status.to_string(), answer)
        .response("4XX", refusal("The request was refused. `code` says why"))
        .response("5XX", refusal("Server error. Retry the request"));
    for name in row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        operation = operation.parameter(parameter(name, ParameterIn::Path, None));
    }
    for (name, meaning) in &row.query {
        operation = operation.parameter(parameter(name, ParameterIn::Query, Some(meaning)));
    }
    if row.versioned && row.method != Method::Get {
        let meaning = "`ETag` of the settings that the change is based on";
        operation = operation.parameter(parameter("If-Match", ParameterIn::Header, Some(meaning)));
    }
    if row.method == Method::Post && !is_open(row) {
        let meaning = "1 to 255 characters. The same request with the same key is carried out once and gets the same response for a day";
        operation =
            operation.parameter(parameter("Idempotency-Key", ParameterIn::Header, Some(meaning)));
    }
    if let Some(shape) = &row.takes {
        let body = RequestBodyBuilder::new()
            .required(Some(Required::True))
            .content("application/json", content(shape));
        operation = operation.request_body(Some(body.build()));
    }
    if row.takes_image {
        let file = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        let file = ContentBuilder::new().schema(Some(file)).build();
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        let add = |body: RequestBodyBuilder, kind: &&str| body.content(*kind, file.clone());
        operation = operation.request_body(Some(IMAGE_TYPES.iter().fold(body, add).build()));
    }
    if !is_open(row) {
        operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
    }
    operation.build()
}

const fn is_open(row: &Listed) -> bool {
    matches!(row.access, Access::Public | Access::Anyone)
}

fn content(shape: &Shape) -> utoipa::openapi::Content {
    let schema: RefOr<Schema> = Ref::from_schema_name(shape.name.clone()).into();
    ContentBuilder::new().schema(Some(schema)).build()
}

fn parameter(name: &str, place: ParameterIn, meaning: Option<&str>) -> ParameterBuilder {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(meaning)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
}

/// `post_organisations_organisation_sites`.
pub fn operation_id(row: &Listed) -> String {
    let words = row.path.replace(['{', '}'], "").replace(['/', '-'], "_");
    format!("{}{words}", row.method.as_str().to_lowercase())
}
