//! `…/lists`: the lists that an organisation keeps for its rules, and the
//! published ones.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use munjigi_captcha::{Entry, ListId};
use munjigi_domain::accounts::Id;
use munjigi_domain::lists::{EntryMistake, LineMistake, ListName, MAX_ENTRIES, read_entries};
use munjigi_i18n::Texts;
use munjigi_store::audit::Author;
use munjigi_store::lists::{
    self, CreateList, DeleteList, ListRecord, ListRefused, PublishedRecord, ReplaceList,
};
use munjigi_store::transact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Body, List};
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

/// A list of networks that rules can name.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnList {
    /// How rules name it.
    id: String,
    /// Name, unique within the organisation.
    name: String,
    /// How many entries it has.
    count: usize,
    /// The entries, where one list was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<String>>,
    /// Names of the sites whose rules name it.
    sites: Vec<String>,
    /// Time of the last change, RFC 3339.
    changed_at: String,
    /// Whether the edge is known to have it as it is.
    delivered: bool,
}

/// A list that this service fetches, for the rules of all organisations.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedList {
    /// How rules name it.
    name: String,
    /// Entries of the last good files.
    count: i64,
    /// When the file that was fetched longest ago was fetched, RFC 3339.
    fetched_at: Option<String>,
    /// When the list last became another one, RFC 3339.
    changed_at: Option<String>,
    /// Whether it could not be fetched for too long.
    stale: bool,
}

/// A list as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// 1 to 40 lower-case letters, digits and hyphens.
    name: String,
    /// Networks such as `192.0.2.0/24` or `2001:db8::/48`, addresses, and
    /// systems such as `AS64500`; at most 5,000.
    entries: Vec<String>,
}

/// `GET …/lists`.
pub async fn list(acting: Acting) -> Result<Json<List<OwnList>>, ApiRefused> {
    let lists = lists::of_organisation(&acting.app().pool, acting.organisation()).await?;
    let show = |list| OwnList { entries: None, ..OwnList::of(list) };
    Ok(Json(List::whole(lists.into_iter().map(show).collect())))
}

/// `GET …/published-lists`.
pub async fn published(acting: Acting) -> Result<Json<List<PublishedList>>, ApiRefused> {
    let now = acting.now();
    let show = |list: PublishedRecord| PublishedList {
        stale: list.is_stale(now),
        name: list.name,
        count: list.entries,
        fetched_at: list.fetched_at.map(rfc3339),
        changed_at: list.changed_at.map(rfc3339),
    };
    let lists = lists::published(&acting.app().pool).await?;
    Ok(Json(List::whole(lists.into_iter().map(show).collect())))
}

/// `POST …/lists`.
pub async fn create(acting: Acting, Body(new): Body<NewList>) -> Result<Response, ApiRefused> {
    let (name, entries) = new.read()?;
    let id = Id::draw(&acting.app().entropy);
    let unit = CreateList {
        id: &id,
        organisation: acting.organisation(),
        name: &name,
        entries: &entries,
        by: Author::Account(&acting.actor()),
        now: acting.now(),
    };
    transact(&acting.app().pool, &unit).await?.map_err(|why| refused(&why))?;
    let id = ListId::of_own(id.as_str()).map_err(|_| ApiRefused::nothing_here())?;
    Ok((StatusCode::CREATED, tagged(find(&acting, &id).await?)).into_response())
}

/// `GET …/lists/{list}`.
pub async fn show(
    acting: Acting,
    Path((_, list)): Path<(String, String)>,
) -> Result<Response, ApiRefused> {
    Ok(tagged(find(&acting, &parse(&list)?).await?))
}

/// `PUT …/lists/{list}`.
pub async fn replace(
    acting: Acting,
    Path((_, list)): Path<(String, String)>,
    headers: HeaderMap,
    Body(new): Body<NewList>,
) -> Result<Response, ApiRefused> {
    let (name, entries) = new.read()?;
    let list = parse(&list)?;
    let unit = ReplaceList {
        id: &own(&list)?,
        organisation: acting.organisation(),
        name: &name,
        entries: &entries,
        shown: named_version(&headers)?,
        by: Author::Account(&acting.actor()),
        now: acting.now(),
    };
    transact(&acting.app().pool, &unit).await?.map_err(|why| refused(&why))?;
    Ok(tagged(find(&acting, &list).await?))
}

/// `DELETE …/lists/{list}`.
pub async fn delete(
    acting: Acting,
    Path((_, list)): Path<(String, String)>,
) -> Result<StatusCode, ApiRefused> {
    let unit = DeleteList {
        id: &own(&parse(&list)?)?,
        organisation: acting.organisation(),
        by: Author::Account(&acting.actor()),
        now: acting.now(),
    };
    transact(&acting.app().pool, &unit).await?.map_err(|why| refused(&why))?;
    Ok(StatusCode::NO_CONTENT)
}

impl OwnList {
    fn of(list: ListRecord) -> Self {
        Self {
            id: list.id.to_string(),
            name: list.name,
            count: list.entries.len(),
            entries: Some(list.entries),
            sites: list.sites,
            changed_at: rfc3339(list.changed_at),
            delivered: list.is_delivered,
        }
    }
}

impl NewList {
    fn read(&self) -> Result<(ListName, Vec<Entry>), ApiRefused> {
        let name = self.name.parse::<ListName>().map_err(|error| error.to_string());
        let lines = self.entries.iter().map(String::as_str);
        match (name, read_entries(lines)) {
            (Ok(name), Ok(entries)) => Ok((name, entries)),
            (name, entries) => {
                let lines = entries.err().unwrap_or_default();
                let mistakes = name.err().into_iter().chain(lines.iter().map(wrong));
                Err(ApiRefused::invalid(mistakes.collect()))
            }
        }
    }
}

fn wrong(mistake: &EntryMistake) -> String {
    match mistake {
        EntryMistake::TooMany { count } => {
            format!("entries: at most {MAX_ENTRIES}, not {count}")
        }
        EntryMistake::More { count } => format!("and {count} more"),
        EntryMistake::Line(LineMistake { line, text, reason }) => {
            let why = Texts::default().each("list-line", reason.code());
            format!("entries[{}], {text:?}: {why}", line - 1)
        }
    }
}

fn refused(refused: &ListRefused) -> ApiRefused {
    match refused {
        ListRefused::Unknown => ApiRefused::nothing_here(),
        ListRefused::ChangedSince => {
            ApiRefused::new(ApiCode::VersionMismatch, "the list has changed since; read it again")
        }
        ListRefused::NameTaken | ListRefused::TooMany | ListRefused::InUse { .. } => {
            ApiRefused::new(ApiCode::Conflict, refused.to_string())
        }
    }
}

fn parse(list: &str) -> Result<ListId, ApiRefused> {
    list.parse().map_err(|_| ApiRefused::nothing_here())
}

fn own(list: &ListId) -> Result<Id, ApiRefused> {
    let id = list.own().and_then(|digits| digits.parse().ok());
    id.ok_or_else(ApiRefused::nothing_here)
}

async fn find(acting: &Acting, list: &ListId) -> Result<ListRecord, ApiRefused> {
    let list = lists::find(&acting.app().pool, acting.organisation(), list).await?;
    list.ok_or_else(ApiRefused::nothing_here)
}

/// A list, with its version as `ETag`.
fn tagged(list: ListRecord) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", list.version));
    let mut response = Json(OwnList::of(list)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn named_version(headers: &HeaderMap) -> Result<Option<u64>, ApiRefused> {
    let Some(named) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = named.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    version.and_then(|version| version.parse().ok()).map(Some).ok_or_else(|| {
        ApiRefused::new(ApiCode::MalformedRequest, "If-Match: send the `ETag` unchanged")
    })
}
