//! `GET /api`: the OpenAPI document as a page, for people, in a frame in their
//! language. Rendered on the
//! server: it needs no script, no other host and no exception in the
//! Content-Security-Policy, unlike the usual viewers.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::ConsoleApp;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use munjigi_api::openapi::{document, operation_id, who};
use munjigi_api::routes::{self, BASE, Listed, Shape};
use munjigi_api::rows;
use munjigi_console::frame::{Frame, render};
use munjigi_console::{Browser, PageError, User};
use munjigi_i18n::{Text, Texts};

#[derive(Template)]
#[template(path = "api.html")]
struct Page {
    frame: Frame,
    server: String,
    groups: Vec<(Text, Vec<Entry>)>,
}

struct Entry {
    id: String,
    method: &'static str,
    path: String,
    summary: &'static str,
    who: Text,
    query: Vec<(&'static str, &'static str)>,
    takes: Vec<Field>,
    /// Content types of a body that is a file.
    takes_file: &'static [&'static str],
    status: u16,
    gives: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    kind: String,
    required: bool,
    meaning: String,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
) -> Result<Html<String>, PageError> {
    let frame = match user {
        Some(Extension(user)) => Frame::of_user(&app, &browser, &user, "API"),
        None => Frame::bare(&app, &browser, "API"),
    };
    let server = app.console.config.url.as_str().trim_end_matches('/').to_owned();
    let groups = groups(frame.t);
    render(&Page { frame, server, groups })
}

/// A heading of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Sites,
    Lists,
    Statistics,
    Jobs,
    Team,
    AuditLog,
    Keys,
    Service,
    Session,
}

impl Group {
    fn of(path: &str) -> Self {
        let rest = path.strip_prefix("/organisations/{organisation}").unwrap_or(path);
        match rest.split('/').nth(1) {
            Some("sites") => Self::Sites,
            Some("lists" | "published-lists") => Self::Lists,
            Some("statistics") => Self::Statistics,
            Some("jobs") => Self::Jobs,
            Some("members" | "invitations") => Self::Team,
            Some("audit") => Self::AuditLog,
            Some("keys") => Self::Keys,
            Some("info" | "status") => Self::Service,
            _ => Self::Session,
        }
    }

    fn title(self, t: Texts) -> Text {
        match self {
            Self::Sites => t.get("sites-title"),
            Self::Lists => t.get("lists-title"),
            Self::Statistics => t.get("statistics-title"),
            Self::Jobs => t.get("api-group-jobs"),
            Self::Team => t.get("team-title"),
            Self::AuditLog => t.get("audit-title"),
            Self::Keys => t.get("keys-title"),
            Self::Service => t.get("api-group-service"),
            Self::Session => t.get("api-group-session"),
        }
    }
}

fn groups(t: Texts) -> Vec<(Text, Vec<Entry>)> {
    let mut groups: Vec<(Group, Vec<Entry>)> = Vec::new();
    for row in routes::listed(rows()) {
        let group = Group::of(row.path);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, entries)) => entries.push(entry(t, row)),
            None => groups.push((group, vec![entry(t, row)])),
        }
    }
    groups.into_iter().map(|(group, entries)| (group.title(t), entries)).collect()
}

fn entry(t: Texts, row: Listed) -> Entry {
    Entry {
        id: operation_id(&row),
        method: row.method.as_str(),
        path: format!("{BASE}{}", row.path),
        who: who(t, &row),
        summary: row.summary,
        takes: row.takes.as_ref().map(fields).unwrap_or_default(),
        takes_file: row.file_types(),
        status: row.gives.0,
        gives: row.gives.1.as_ref().map(fields).unwrap_or_default(),
        query: row.query,
    }
}

/// The fields of a body, including those of list items and nested objects.
fn fields(shape: &Shape) -> Vec<Field> {
    let schema = serde_json::to_value(&shape.schema).unwrap_or_default();
    let mut fields = Vec::new();
    walk(&schema, "", document(), &mut fields, 0);
    fields
}

fn walk(schema: &Value, prefix: &str, document: &OpenApi, fields: &mut Vec<Field>, depth: u8) {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let target = resolved(inner, document);
        fields.push(Field {
            name: path.clone(),
            kind: kind(inner, &target),
            required: required.contains(&name.as_str()),
            meaning: inner["description"].as_str().unwrap_or_default().to_owned(),
        });
        if depth < 2 {
            let items = &target["items"];
            if items.is_object() {
                let items = resolved(items, document);
                walk(&items, &format!("{path}[]."), document, fields, depth + 1);
            } else {
                walk(&target, &format!("{path}."), document, fields, depth + 1);
            }
        }
    }
}

/// Follows a reference; a choice between null and a type becomes that type.
fn resolved(schema: &Value, document: &OpenApi) -> Value {
    let choice = schema["oneOf"].as_array();
    let chosen = choice.and_then(|all| all.iter().find(|one| one["$ref"].is_string()));
    let schema = chosen.unwrap_or(schema);
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let Some(name) = name else { return schema.clone() };
    let components = document.components.as_ref();
    let found = components.and_then(|components| components.schemas.get(name));
    found.and_then(|schema| serde_json::to_value(schema).ok()).unwrap_or_default()
}

fn kind(schema: &Value, target: &Value) -> String {
    let words = |value: &Value| match value {
        Value::String(word) => word.clone(),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            words.join(" or ")
        }
        _ => String::new(),
    };
    if let Some(values) = target["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return values.join(" · ");
    }
    let kind = words(&schema["type"]);
    if kind.is_empty() { words(&target["type"]) } else { kind }
}
